/**
 * Events on the wire: CloudEvents 1.0 structured JSON. An event states a fact with ids; it never carries a secret, a
 * name or a mail address (client address and user agent are the one exception, for audit and alerts).
 */
import Type, { type Static, type TSchema } from 'typebox'

/** What one kind of event says. `type` is also its NATS subject; a breaking change is a new version in a new file. */
export type EventContract = { readonly type: string; readonly data: TSchema }

/** `user:<id>`, `service_account:<id>`, `service:<name>` or `system`: who caused it. */
export type Actor = `user:${string}` | `service_account:${string}` | `service:${string}` | 'system'

export const EventEnvelope = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Type.String(),
  source: Type.String(),
  type: Type.String(),
  /** The aggregate's id. */
  subject: Type.String(),
  time: Type.String(),
  datacontenttype: Type.Literal('application/json'),
  data: Type.Record(Type.String(), Type.Unknown()),
  /** Contiguous per producer, given after commit. */
  position: Type.Integer(),
  /** Of the aggregate; makes repeats and reordering harmless. */
  version: Type.Integer(),
  /** Of the producer's database; changes only when a backup is restored. */
  epoch: Type.String(),
  correlationid: Type.String(),
  causationid: Type.Optional(Type.String()),
  traceparent: Type.Optional(Type.String()),
  orgid: Type.Optional(Type.String()),
  /** The person it concerns. */
  userid: Type.Optional(Type.String()),
  actor: Type.Optional(Type.String()),
  requestid: Type.Optional(Type.String()),
  clientaddress: Type.Optional(Type.String()),
  useragent: Type.Optional(Type.String()),
})
export type EventEnvelope = Static<typeof EventEnvelope>

/** An event whose contract is known. */
export type EventOf<C extends EventContract> = Omit<EventEnvelope, 'data' | 'type'> & {
  type: C['type']
  data: Static<C['data']>
}
