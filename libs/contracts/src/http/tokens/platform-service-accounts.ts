/**
 * Service accounts of the platform: applications that serve many organizations and ask the policy decision point about
 * each of them. They may do nothing else. Each change takes a reason, which the audit trail keeps.
 */
import Type from 'typebox'
import { DisplayName } from '../../common/display-name.ts'
import { ApiKeyId, ServiceAccountId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Reason } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { ApiKey, KeyQuery, LifetimeDays, NewApiKey, OverlapHours, ServiceAccount } from './service-accounts.ts'

const collection = '/v1/platform/service-accounts'
const account = { service_account: ServiceAccountId }
const base = { service: 'tokens', auth: 'user', problems: ['forbidden'] } as const

export const CreatePlatformServiceAccount = defineRoute({
  ...base,
  operationId: 'createPlatformServiceAccount',
  method: 'POST',
  path: collection,
  summary:
    'Create a service account of the platform: an application that asks for decisions in every organization, ' +
    'and does nothing else.',
  idempotent: true,
  body: Type.Object({ name: DisplayName, reason: Reason }),
  example: { name: 'Ledger', reason: 'Ticket 4714: the ledger serves every organization' },
  success: { status: 201, body: ServiceAccount, description: 'The service account.' },
})

export const ListPlatformServiceAccounts = defineRoute({
  ...base,
  operationId: 'listPlatformServiceAccounts',
  method: 'GET',
  path: collection,
  summary: 'The service accounts of the platform, newest first.',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(ServiceAccount), description: 'The service accounts.' },
})

export const GetPlatformServiceAccount = defineRoute({
  ...base,
  operationId: 'getPlatformServiceAccount',
  method: 'GET',
  path: `${collection}/:service_account`,
  summary: 'One service account of the platform.',
  params: Type.Object(account),
  success: { status: 200, body: ServiceAccount, description: 'The service account.' },
})

export const DeletePlatformServiceAccount = defineRoute({
  ...base,
  operationId: 'deletePlatformServiceAccount',
  method: 'POST',
  path: `${collection}/:service_account/delete`,
  summary: 'Delete a service account of the platform with its keys.',
  params: Type.Object(account),
  body: Type.Object({ reason: Reason }),
  example: { reason: 'Ticket 4715: the ledger was shut down' },
  success: { status: 204, description: 'Gone; its keys and every access token of it are refused from now on.' },
})

export const CreatePlatformApiKey = defineRoute({
  ...base,
  operationId: 'createPlatformApiKey',
  method: 'POST',
  path: `${collection}/:service_account/keys`,
  summary:
    'Create an API key of the platform. Each request with it names its organization in the header ' +
    '`Gatehouse-Organization`.',
  idempotent: true,
  shownOnce: ['key'],
  params: Type.Object(account),
  body: Type.Object({
    name: Type.Optional(DisplayName),
    expires_in_days: LifetimeDays,
    reason: Reason,
  }),
  example: { name: 'ledger, blue', expires_in_days: 30, reason: 'Ticket 4714: the first key' },
  success: { status: 201, body: NewApiKey, description: 'The key, shown this once.' },
  problems: ['forbidden', 'conflict'],
})

export const ListPlatformApiKeys = defineRoute({
  ...base,
  operationId: 'listPlatformApiKeys',
  method: 'GET',
  path: `${collection}/:service_account/keys`,
  summary:
    'The API keys of a service account of the platform, newest first, revoked and expired ones included; or those ' +
    'of one maker.',
  params: Type.Object(account),
  query: KeyQuery,
  success: { status: 200, body: listOf(ApiKey), description: 'The keys, without their secrets.' },
})

export const RotatePlatformApiKey = defineRoute({
  ...base,
  operationId: 'rotatePlatformApiKey',
  method: 'POST',
  path: `${collection}/:service_account/keys/:key/rotate`,
  summary: 'Exchange an API key of the platform for a new one; the old one lives on for the overlap.',
  idempotent: true,
  shownOnce: ['key'],
  params: Type.Object({ ...account, key: ApiKeyId }),
  body: Type.Object({ expires_in_days: LifetimeDays, overlap_hours: OverlapHours, reason: Reason }),
  example: { overlap_hours: 24, reason: 'Ticket 4717: the key of last quarter' },
  success: { status: 201, body: NewApiKey, description: 'The new key, shown this once.' },
  problems: ['forbidden', 'conflict'],
})

export const RevokePlatformApiKey = defineRoute({
  ...base,
  operationId: 'revokePlatformApiKey',
  method: 'POST',
  path: `${collection}/:service_account/keys/:key/revoke`,
  summary: 'Revoke an API key of the platform.',
  params: Type.Object({ ...account, key: ApiKeyId }),
  body: Type.Object({ reason: Reason }),
  example: { reason: 'Ticket 4716: the key stood in a log' },
  success: {
    status: 204,
    description: 'The key is refused from now on, and so is every access token it was exchanged for.',
  },
})

export const platformServiceAccountRoutes = [
  CreatePlatformServiceAccount,
  ListPlatformServiceAccounts,
  GetPlatformServiceAccount,
  DeletePlatformServiceAccount,
  CreatePlatformApiKey,
  ListPlatformApiKeys,
  RotatePlatformApiKey,
  RevokePlatformApiKey,
] as const
