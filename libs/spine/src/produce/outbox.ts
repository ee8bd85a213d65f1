/**
 * Announcing a change in the transaction that makes it. The row commits with the state or not at all; its order among
 * the events of the aggregate is fixed by appending after the aggregate's row is locked or changed.
 */
import { sql } from 'drizzle-orm'
import type { Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Actor, EventContract } from '@gatehouse/contracts/events/envelope'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { EventHeaders } from './envelope.ts'

export type NewEvent<C extends EventContract> = {
  contract: C
  aggregateType: string
  /** TypeID. */
  aggregateId: string
  /** Of the aggregate, after the change. */
  version: number
  /**
   * The organization it happened in; only inside that organization's scope (row-level security), or by the system role.
   */
  orgId?: string
  /** The person it concerns. */
  userId?: string
  actor: Actor
  data: Static<C['data']>
  /**
   * False: the same statement appends nothing, for a writer whose work must not show what happened. True when absent.
   */
  isWanted?: boolean
}

/** Events carry ids and facts. Far below what NATS takes in one message, so the relay can never be stopped by one. */
const maxDataBytes = 64 * 1024

type Shape = { Check(value: unknown): boolean }
const shapes = new WeakMap<EventContract, Shape>()

/**
 * Appends one event to the outbox of this service. Call it after the aggregate's row was locked, inserted or updated in
 * `tx`.
 * @throws Error when `data` does not match its contract: a bug of the caller, found before anybody else can see it.
 */
export async function appendEvent<C extends EventContract>(tx: Queryable, event: NewEvent<C>): Promise<void> {
  const { data, headers } = textsOf(event)
  await tx.execute(sql`
    insert into outbox (id, aggregate_type, aggregate_id, version, org_id, subject, payload, headers)
    select ${uuidOf(newId('evt'))}::uuid, ${event.aggregateType}, ${uuidOf(event.aggregateId)}::uuid,
      ${event.version}::bigint,
      ${event.orgId === undefined ? null : uuidOf(event.orgId, 'org')}::uuid, ${event.contract.type}, ${data}::jsonb,
        ${headers}::jsonb
    where ${event.isWanted ?? true}::boolean`)
}

/** Appends many in one statement, in this order: as `appendEvent` for each. */
export async function appendEvents<C extends EventContract>(
  tx: Queryable,
  events: readonly Omit<NewEvent<C>, 'isWanted'>[],
): Promise<void> {
  if (events.length === 0) return
  const rows = events.map((event) => {
    const { data, headers } = textsOf(event)
    const orgId = event.orgId === undefined ? null : uuidOf(event.orgId, 'org')
    const { aggregateType: aggregate, aggregateId, version, contract } = event
    return [uuidOf(newId('evt')), aggregate, uuidOf(aggregateId), version, orgId, contract.type, data, headers]
  })
  await tx.execute(sql`
    insert into outbox (id, aggregate_type, aggregate_id, version, org_id, subject, payload, headers)
    select (event->>0)::uuid, event->>1, (event->>2)::uuid, (event->>3)::bigint, (event->>4)::uuid, event->>5,
      (event->>6)::jsonb, (event->>7)::jsonb
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as given (event, place)
    order by place`)
}

/** @throws Error when the data do not match their contract */
function textsOf<C extends EventContract>(event: NewEvent<C>): { data: string; headers: string } {
  if (!shapeOf(event.contract).Check(event.data))
    throw new Error(`The data of ${event.contract.type} do not match its contract`)
  const data = JSON.stringify(event.data)
  if (Buffer.byteLength(data) > maxDataBytes)
    throw new Error(`The data of ${event.contract.type} are larger than ${maxDataBytes} bytes`)
  const headers: EventHeaders = {
    ...ambientHeaders(),
    subject: event.aggregateId,
    actor: event.actor,
    ...(event.userId === undefined ? {} : { user_id: event.userId }),
  }
  return { data, headers: JSON.stringify(headers) }
}

function shapeOf(contract: EventContract): Shape {
  const known = shapes.get(contract)
  if (known !== undefined) return known
  const shape: Shape = Compile(contract.data)
  shapes.set(contract, shape)
  return shape
}

function ambientHeaders(): Omit<EventHeaders, 'subject' | 'actor'> {
  const context = currentContext()
  if (context === undefined) return { correlation_id: newId('req') }
  return {
    correlation_id: context.correlationId,
    request_id: context.requestId,
    traceparent: context.traceparent,
    ...(context.causationId === undefined ? {} : { causation_id: context.causationId }),
    ...(context.clientAddress === undefined ? {} : { client_address: context.clientAddress }),
    ...(context.userAgent === undefined ? {} : { user_agent: context.userAgent }),
  }
}
