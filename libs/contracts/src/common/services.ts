/** The names of the services: audiences of assertions, owners of schemas, producers of events. */
import Type, { type Static } from 'typebox'

export const ServiceName = Type.Union([
  Type.Literal('gateway'),
  Type.Literal('identity'),
  Type.Literal('tokens'),
  Type.Literal('orgs'),
  Type.Literal('authz'),
  Type.Literal('workers'),
  Type.Literal('pages'),
])
export type ServiceName = Static<typeof ServiceName>

/**
 * Header names between services. They count only under a valid service assertion; the gateway strips them from the
 * outside.
 */
export const internalHeaders = {
  accessToken: 'gatehouse-access-token',
  /** The `Authorization` of a protocol's own request: `authorization` itself carries the assertion. */
  authorization: 'gatehouse-authorization',
  clientAddress: 'gatehouse-client-address',
  userAgent: 'gatehouse-user-agent',
  causation: 'gatehouse-causation-id',
  correlation: 'gatehouse-correlation-id',
} as const

/**
 * Given by a registration and sent back by the client that began it, with the link of the mail, a resend or a sign-in:
 * it says whose registration it is.
 */
export const registrationHeader = 'gatehouse-registration'

/**
 * Given by a sign-in and sent back with the next one from this device: it keeps the device outside the limits that
 * strangers can fill. No credential.
 */
export const deviceHeader = 'gatehouse-device'

/**
 * A secret of one browser that was let be remembered: given with the answer to a second factor and sent back with each
 * sign-in, which is then not asked for that factor.
 */
export const rememberedDeviceHeader = 'gatehouse-remembered-device'

/**
 * A secret value of one browser, which a client in front of browsers (pages) sends with each step: a sign-in that began
 * with it goes on only with it, so a challenge that leaks is of no use elsewhere.
 */
export const browserHeader = 'gatehouse-browser'

/**
 * `cookie`: the refresh token of the answer is set as a cookie that no script can read, and taken from it by
 * `/v1/auth/refresh` and `/v1/auth/logout`. Only for pages of the platform's own origins.
 */
export const tokenTransportHeader = 'gatehouse-token-transport'

/**
 * Names the organization that a key of the platform asks about; the access token it is exchanged for is of that one
 * alone. A key of an organization needs none.
 */
export const organizationHeader = 'gatehouse-organization'

/** Every write answers with the positions it depends on, in this header. */
export const revisionHeader = 'gatehouse-revision'
