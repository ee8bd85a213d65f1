/** What an organization demands of those who act for it. */
import Type, { type Static } from 'typebox'
import { OrganizationId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

/**
 * `off`: nobody is asked for a second factor on behalf of the organization. `optional`: members are offered one.
 * `required`: from `required_from` on nobody acts for the organization who signed in with one factor.
 */
export const MfaMode = Type.Union([Type.Literal('off'), Type.Literal('optional'), Type.Literal('required')])
export type MfaMode = Static<typeof MfaMode>

export const OrganizationSettings = Type.Object({
  mfa: Type.Object({
    mode: MfaMode,
    /** Null unless the mode is `required`. */
    required_from: Type.Union([Instant, Type.Null()]),
  }),
  /** Whether people who know the slug can ask to join. */
  join_requests: Type.Boolean(),
})
export type OrganizationSettings = Static<typeof OrganizationSettings>

/** Without `required_from` a second factor is required from now on. */
const WantedMfa = Type.Union([
  Type.Object({ mode: Type.Union([Type.Literal('off'), Type.Literal('optional')]) }),
  Type.Object({ mode: Type.Literal('required'), required_from: Type.Optional(Instant) }),
])
export type WantedMfa = Static<typeof WantedMfa>

const params = Type.Object({ org: OrganizationId })

export const GetOrganizationSettings = defineRoute({
  operationId: 'getOrganizationSettings',
  service: 'orgs',
  method: 'GET',
  path: '/v1/organizations/:org/settings',
  summary: 'What the organization demands of those who act for it.',
  auth: 'organization',
  params,
  success: { status: 200, body: OrganizationSettings, description: 'The settings, with their `ETag`.' },
  problems: ['forbidden'],
})

export const UpdateOrganizationSettings = defineRoute({
  operationId: 'updateOrganizationSettings',
  service: 'orgs',
  method: 'PATCH',
  path: '/v1/organizations/:org/settings',
  summary:
    'Change the settings that are named; `If-Match` guards against lost updates. Whoever requires a second factor of others has signed in with one. ' +
    'Once it is required, access tokens for the organization are void and whoever signed in with one factor is asked for a second one.',
  auth: 'organization',
  params,
  body: Type.Object(
    { mfa: Type.Optional(WantedMfa), join_requests: Type.Optional(Type.Boolean()) },
    { minProperties: 1 },
  ),
  example: { mfa: { mode: 'required', required_from: '2030-01-01T00:00:00Z' } },
  success: { status: 200, body: OrganizationSettings, description: 'The settings, changed, with their `ETag`.' },
  problems: ['forbidden', 'precondition_failed', 'insufficient_user_authentication'],
})
