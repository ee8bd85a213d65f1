/** The names of the services: audiences of assertions, owners of schemas, producers of events. */
import Type, { type Static } from 'typebox'

export const ServiceName = Type.Union([
  Type.Literal('gateway'),
  Type.Literal('identity'),
  Type.Literal('tokens'),
  Type.Literal('orgs'),
  Type.Literal('authz'),
  Type.Literal('workers'),
])
export type ServiceName = Static<typeof ServiceName>

/** Header names between services. They count only under a valid service assertion; the gateway strips them from the outside. */
export const internalHeaders = {
  accessToken: 'gatehouse-access-token',
  clientAddress: 'gatehouse-client-address',
  userAgent: 'gatehouse-user-agent',
  causation: 'gatehouse-causation-id',
  correlation: 'gatehouse-correlation-id',
} as const

/** Every write answers with the positions it depends on, in this header. */
export const revisionHeader = 'gatehouse-revision'
