/** What an organization demands of those who act for it. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { SignInMethod } from '../../events/orgs/organization.ts'
import { defineRoute } from '../contract.ts'

/**
 * `off`: nobody is asked for a second factor on behalf of the organization. `optional`: members are offered one.
 * `required`: from `required_from` on nobody acts for the organization who signed in with one factor.
 */
export const MfaMode = Type.Union([Type.Literal('off'), Type.Literal('optional'), Type.Literal('required')])
export type MfaMode = Static<typeof MfaMode>

/** Who invites: everybody who holds `gatehouse:members.invite`, or of those the owners only. */
export const InvitationsBy = Type.Union([Type.Literal('permitted'), Type.Literal('owners')])
export type InvitationsBy = Static<typeof InvitationsBy>

/** The rule on who holds one role, beside the one on everybody: `off` is to name no rule. */
export const RoleMfa = Type.Object({
  role: Key,
  mode: Type.Union([Type.Literal('optional'), Type.Literal('required')]),
  /** Null unless the mode is `required`. */
  required_from: Type.Union([Instant, Type.Null()]),
})
export type RoleMfa = Static<typeof RoleMfa>

const fiveMinutes = 300
const aYear = 366 * 24 * 3600
/** Null: the lifetime of the client counts alone. */
const Seconds = Type.Union([Type.Integer({ minimum: fiveMinutes, maximum: aYear }), Type.Null()])

/** Each can be changed by itself. */
const plainSettings = {
  /** Whether people who know the slug can ask to join. */
  join_requests: Type.Boolean(),
  /** How long a session goes on that nobody uses; never longer than its client allows. */
  session_idle_seconds: Seconds,
  /** How old the sign-in of a session may be; never older than its client allows. */
  session_lifetime_seconds: Seconds,
  /** CIDR ranges that people act for the organization from. Empty: from anywhere. */
  allowed_addresses: Type.Array(Type.String({ minLength: 3, maxLength: 49 }), { maxItems: 100, uniqueItems: true }),
  /** People have signed in by one of these. Empty: by any. */
  sign_in_methods: Type.Array(SignInMethod, { maxItems: 3, uniqueItems: true }),
  invitations_by: InvitationsBy,
}

export const OrganizationSettings = Type.Object({
  mfa: Type.Object({
    mode: MfaMode,
    /** Null unless the mode is `required`. */
    required_from: Type.Union([Instant, Type.Null()]),
  }),
  /** The rules of roles: whoever holds one that requires a second factor signs in with two. */
  mfa_roles: Type.Array(RoleMfa),
  ...plainSettings,
})
export type OrganizationSettings = Static<typeof OrganizationSettings>

/** Without `required_from` a second factor is required from now on. */
const WantedMfa = Type.Union([
  Type.Object({ mode: Type.Union([Type.Literal('off'), Type.Literal('optional')]) }),
  Type.Object({ mode: Type.Literal('required'), required_from: Type.Optional(Instant) }),
])
export type WantedMfa = Static<typeof WantedMfa>

/**
 * Without `required_from` a second factor is required from now on, or goes on to be where it was. A role is named once.
 */
const WantedRoleMfa = Type.Union([
  Type.Object({ role: Key, mode: Type.Literal('optional') }),
  Type.Object({ role: Key, mode: Type.Literal('required'), required_from: Type.Optional(Instant) }),
])
export type WantedRoleMfa = Static<typeof WantedRoleMfa>

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
    'Change the settings that are named; `If-Match` guards against lost updates. Whoever requires a second ' +
    'factor of others, of all or of who holds a role, has signed in with one. ' +
    'Once it is required, access tokens for the organization are void and whoever signed in with one factor ' +
    'is asked for a second one. ' +
    'So it is with rules on lifetimes, addresses and ways to sign in. A change that would refuse the session ' +
    'that makes it needs `confirm`.',
  auth: 'organization',
  params,
  body: Type.Object(
    {
      mfa: Type.Optional(WantedMfa),
      /** Takes the place of all rules of roles. */
      mfa_roles: Type.Optional(Type.Array(WantedRoleMfa, { maxItems: 50 })),
      ...Type.Partial(Type.Object(plainSettings)).properties,
    },
    { minProperties: 1 },
  ),
  query: Type.Object({ confirm: Type.Optional(Type.Boolean()) }),
  example: {
    mfa: { mode: 'optional' },
    mfa_roles: [{ role: 'admin', mode: 'required', required_from: '2030-01-01T00:00:00Z' }],
  },
  success: { status: 200, body: OrganizationSettings, description: 'The settings, changed, with their `ETag`.' },
  problems: ['forbidden', 'own_session_refused', 'precondition_failed', 'insufficient_user_authentication'],
})
