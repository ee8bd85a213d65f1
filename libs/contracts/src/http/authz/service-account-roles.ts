/** The roles a service account holds, and what handing out a key of it would hand on. */
import Type from 'typebox'
import { Key, OrganizationId, ServiceAccountId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { PermissionKey } from './roles.ts'

const ServiceAccountRoles = Type.Object({
  service_account: Type.Object({ id: ServiceAccountId }),
  roles: Type.Array(Key),
})
const params = Type.Object({ org: OrganizationId, service_account: ServiceAccountId })
const path = '/v1/organizations/:org/service-accounts/:service_account/roles'

export const GetServiceAccountRoles = defineRoute({
  operationId: 'getServiceAccountRoles',
  service: 'authz',
  method: 'GET',
  path,
  summary: 'The roles a service account holds.',
  auth: 'organization',
  params,
  success: { status: 200, body: ServiceAccountRoles, description: 'The roles.' },
  problems: ['forbidden', 'not_current'],
})

export const SetServiceAccountRoles = defineRoute({
  operationId: 'setServiceAccountRoles',
  service: 'authz',
  method: 'PUT',
  path,
  summary: 'Replace the roles a service account holds; nobody gives or takes what they do not hold.',
  auth: 'organization',
  params,
  body: Type.Object({ roles: Type.Array(Key, { maxItems: 50, uniqueItems: true }) }),
  success: { status: 200, body: ServiceAccountRoles, description: 'The roles, changed; the next check sees them.' },
  problems: ['forbidden', 'validation_failed', 'not_current'],
})

/** A key hands on what its account holds, up to the key's scope; so whoever makes one holds that. */
export const CheckGrantableServiceAccount = defineRoute({
  operationId: 'checkGrantableServiceAccount',
  service: 'authz',
  method: 'POST',
  path: '/internal/service-accounts/check-grantable',
  summary: 'Which rights of this service account may whoever’s token travels along not hand on?',
  auth: 'internal',
  callers: ['tokens'],
  retryable: true,
  body: Type.Object({
    service_account_id: ServiceAccountId,
    /** The scope of the key; absent: none. */
    permissions: Type.Optional(Type.Array(PermissionKey, { maxItems: 32 })),
    /** The end of the key; absent: none. */
    expires_at: Type.Optional(Instant),
  }),
  success: { status: 200, body: Type.Object({ missing: Type.Array(Type.String()) }), description: 'Empty: go ahead.' },
  problems: ['not_current'],
})
