/**
 * The device flow as pages lead through it (RFC 8628 §3.3): a person enters the code a device shows, sees what its
 * application asks for, and decides.
 */
import Type, { type Static } from 'typebox'
import { DeviceAuthorizationId, ClientIdentifier, OrganizationId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

/**
 * What is left to do before the request can be allowed, in this order. Consent is always asked, of applications of the
 * platform too: a stranger may have sent the code (RFC 8628 §5.4).
 */
const Need = Type.Union([Type.Literal('sign_in'), Type.Literal('select_organization'), Type.Literal('consent')])

const DeviceAuthorization = Type.Object({
  id: DeviceAuthorizationId,
  /** As the device shows it, for the person to compare (RFC 8628 §3.3.1). */
  user_code: Type.String(),
  client: Type.Object({ id: ClientIdentifier, name: Type.String() }),
  scope: Type.Array(Type.String()),
  organization_id: Type.Union([OrganizationId, Type.Null()]),
  /** Where and when the device asked, so that a person sees a request that is none of theirs. */
  requested_from: Type.Union([Type.String(), Type.Null()]),
  requested_at: Instant,
  expires_at: Instant,
  needs: Type.Array(Need),
  /** Those the person may choose; empty where the application leaves no choice. */
  organizations: Type.Array(OrganizationId),
})
export type DeviceAuthorization = Static<typeof DeviceAuthorization>

const base = { service: 'tokens', auth: 'internal', callers: ['pages'] } as const
const byId = {
  ...base,
  path: '/internal/device-authorizations/:device_authorization',
  params: Type.Object({ device_authorization: DeviceAuthorizationId }),
} as const

export const FindDeviceAuthorization = defineRoute({
  ...base,
  operationId: 'findDeviceAuthorization',
  method: 'POST',
  path: '/internal/device-authorizations/find',
  summary:
    'The open request of the code that the signed-in person has entered, in any case and with any punctuation. ' +
    'Wrong codes are counted for the person and for the address.',
  body: Type.Object({ user_code: Type.String({ minLength: 1, maxLength: 100 }) }),
  success: { status: 200, body: DeviceAuthorization, description: 'The request.' },
  problems: ['unauthenticated', 'not_found', 'rate_limited', 'not_current'],
})

export const ShowDeviceAuthorization = defineRoute({
  ...byId,
  operationId: 'showDeviceAuthorization',
  method: 'GET',
  summary: 'The same request again, for the steps after the code. It counts no guess.',
  success: { status: 200, body: DeviceAuthorization, description: 'The request.' },
  problems: ['unauthenticated', 'not_found', 'not_current'],
})

export const SettleDeviceAuthorization = defineRoute({
  ...byId,
  operationId: 'settleDeviceAuthorization',
  method: 'POST',
  summary:
    'Allow or refuse what the device asks for. The first decision counts; the device learns of it when it polls.',
  body: Type.Object({
    decision: Type.Union([Type.Literal('approved'), Type.Literal('denied')]),
    /** For which organization; absent: the one the application named, else that of this access token. */
    organization_id: Type.Optional(Type.Union([OrganizationId, Type.Null()])),
  }),
  success: { status: 204, description: 'Decided.' },
  problems: ['unauthenticated', 'not_found', 'insufficient_user_authentication', 'not_current'],
})
