/**
 * Keeps the floors current: one reader per producer, each with its own table, so that reloading one never loses
 * another's. A token may pass only while every producer it depends on has proved itself within the last 5 s.
 */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { NatsLink } from '@gatehouse/spine/nats/connection'
import { createReader, type Reader } from '@gatehouse/spine/follow/reader'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import type { ReadyCheck } from '@gatehouse/service-kit/health/checks'
import type { Part } from '@gatehouse/service-kit/concurrency/background'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { gauge } from '@gatehouse/service-kit/telemetry/metrics'
import {
  countFloors,
  emptyFloors,
  floorOfRecord,
  floorsOfEvent,
  forgetOldFloors,
  isVoid,
  raiseFloor,
  type FloorTable,
} from '../domain/floors.ts'
import type { KeptOrigins } from './client-origins.ts'

export type FloorProducer = 'identity' | 'tokens' | 'orgs'

export type Floors = Part & {
  isVoid(claims: AccessTokenClaims, kid: string): boolean
  /** Whether everything these claims depend on is known as of at most 5 s ago. */
  isCurrentFor(claims: AccessTokenClaims): boolean
  checks(): ReadyCheck[]
  /** Calls `listener` whenever a token may have become void. */
  whenRaised(listener: () => void): void
}

const producers: readonly FloorProducer[] = ['identity', 'tokens', 'orgs']
const forgetEveryMs = 60_000

export function createFloors(deps: {
  feeds: Readonly<Record<FloorProducer, SpineClient>>
  nats: NatsLink
  log: Logger
  clock: Clock
  /** Told when a signing key came or went. */
  onSigningKeys(): void
  /** Told of clients, which tokens announces, and of organizations that took theirs with them. */
  origins: KeptOrigins
}): Floors {
  const { clock } = deps
  const listeners: (() => void)[] = []
  const raised = (): void => listeners.forEach((listener) => listener())
  const follows = producers.map((producer) => [producer, follow(producer, { ...deps, raised })])
  const followed = Object.fromEntries(follows) as Record<FloorProducer, Followed>
  const all = producers.map((producer) => followed[producer])
  let timer: NodeJS.Timeout | undefined

  gauge('gateway_floors', 'Floors kept in memory', () => all.reduce((sum, { table }) => sum + countFloors(table()), 0))
  gauge('gateway_reader_current', 'Whether a producer is known as of at most 5 s ago', () =>
    producers.map((producer) => ({ value: followed[producer].reader.isCurrent() ? 1 : 0, labels: { producer } })),
  )
  return {
    start() {
      for (const { reader } of all) reader.start()
      timer = setInterval(
        () => all.forEach(({ table }) => forgetOldFloors(table(), clock.monotonicMs())),
        forgetEveryMs,
      )
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await Promise.all(all.map(({ reader }) => reader.stop()))
    },
    whenRaised: (listener) => void listeners.push(listener),
    isVoid: (claims, kid) => all.some(({ table }) => isVoid(table(), claims, kid)),
    isCurrentFor: ({ org_id: orgId }) =>
      followed.tokens.reader.isCurrent() &&
      followed.identity.reader.isCurrent() &&
      (orgId === undefined || followed.orgs.reader.isCurrent()),
    checks: () =>
      producers.map((producer) => {
        const name = `floors of ${producer}`
        return followed[producer].reader.ready() ? { name, ok: true } : { name, ok: false, reason: 'not loaded yet' }
      }),
  }
}

type Followed = { reader: Reader; table: () => FloorTable }

function follow(producer: FloorProducer, deps: Parameters<typeof createFloors>[0] & { raised(): void }): Followed {
  const { feeds, nats, log, clock, onSigningKeys, raised, origins } = deps
  let table = emptyFloors()
  const reader = createReader({
    name: `gateway--floors-${producer}`,
    producer,
    client: feeds[producer],
    nats,
    log,
    clock,
    view: 'floors',
    async load(records) {
      const fresh = emptyFloors()
      const loading = producer === 'tokens' ? origins.loading() : undefined
      for await (const record of records) {
        const floor = floorOfRecord(record)
        if (floor) raiseFloor(fresh, floor, clock.monotonicMs())
        loading?.take(record)
      }
      table = fresh
      loading?.end()
      raised()
    },
    apply(events) {
      for (const event of events) {
        for (const floor of floorsOfEvent(event)) raiseFloor(table, floor, clock.monotonicMs())
        if (event.type.startsWith('gatehouse.tokens.signing_key.')) onSigningKeys()
        origins.apply(event)
      }
      raised()
    },
  })
  return { reader, table: () => table }
}
