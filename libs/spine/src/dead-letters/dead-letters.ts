/**
 * What a service set aside, in the hands of an operator: seen, tried again, given up. Each act and the event that tells
 * of it are one transaction. Any replica can do it: it needs the effects of this service, not the process that failed
 * at them.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { deadLetterDiscarded, deadLetterReplayed } from '@gatehouse/contracts/events/dead-letter'
import type { DeadLetter, DeadLetterKind, ReplayOutcome } from '@gatehouse/contracts/http/spine/dead-letters'
import { actorOf, type AnyCaller } from '@gatehouse/access/callers/caller'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { inContextOf } from '../consume/event-context.ts'
import { isTransient } from '../follow/parking.ts'
import type { Projection } from '../follow/projection.ts'
import { appendEvent } from '../produce/outbox.ts'
import type { Spine } from '../produce/producer.ts'
import {
  deleteDeadJob,
  findParkedEvent,
  kindOfLetter,
  listStoredLetters,
  noteFailedReplay,
  reviveDeadJob,
  takeDeadEvent,
  type LetterQuery,
} from './stored.ts'

export type { LetterQuery } from './stored.ts'

export type DeadLetters = {
  list(query: LetterQuery): Promise<DeadLetter[]>
  /** @throws AppError `not_found`; `conflict` when this version has no such reader any more */
  replay(caller: AnyCaller, id: string): Promise<ReplayOutcome>
  /** @throws AppError `not_found`; `conflict` for a parked event, which a projection may not skip */
  discard(caller: AnyCaller, o: { id: string; reason: string }): Promise<void>
}

/** The effects of a consumer, apart from the process that runs it. */
export type Effects = { name: string; handle(tx: Tx, event: EventEnvelope): Promise<void> }

export type DeadLettersOptions = {
  spine: Pick<Spine, 'service' | 'write' | 'sequence'>
  system: Db
  consumers?: readonly Effects[]
  projections?: readonly Pick<Projection, 'name' | 'replayParked'>[]
}

export function createDeadLetters(o: DeadLettersOptions): DeadLetters {
  const { service } = o.spine
  const replay = { event: replayEvent, parked_event: replayParkedEvent, job: replayJob }
  return {
    list: async (query) => (await listStoredLetters(o.system, query)).map((letter) => ({ ...letter, service })),
    replay: (caller, id) => replay[kindOfLetter(id)](o, caller, id),
    discard: (caller, { id, reason }) =>
      o.spine.write(
        {},
        async (tx) => {
          const told = await discardIn(tx, id)
          await announce(tx, deadLetterDiscarded(service), caller, { ...told, reason })
        },
        { db: 'system' },
      ),
  }
}

type Told = { dead_letter_id: string; kind: DeadLetterKind; reader: string; event_id: string }

const announce = (
  tx: Tx,
  contract: ReturnType<typeof deadLetterReplayed | typeof deadLetterDiscarded>,
  caller: AnyCaller,
  data: Told & { reason?: string },
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'dead_letter',
    aggregateId: data.dead_letter_id,
    version: 1,
    actor: actorOf(caller),
    data: data as Told & { reason: string },
  })

async function replayEvent(o: DeadLettersOptions, caller: AnyCaller, id: string): Promise<ReplayOutcome> {
  try {
    await o.spine.write(
      {},
      async (tx) => {
        const taken = await takeDeadEvent(tx, id)
        if (taken === undefined) throw problem('not_found')
        const consumer = o.consumers?.find(({ name }) => name === taken.consumer)
        if (consumer === undefined) throw noReader(taken.consumer)
        await inContextOf(taken.event, () => consumer.handle(tx, taken.event))
        await announce(tx, deadLetterReplayed(o.spine.service), caller, {
          dead_letter_id: id,
          kind: 'event',
          reader: taken.consumer,
          event_id: taken.event.id,
        })
      },
      { db: 'system' },
    )
    return { outcome: 'replayed' }
  } catch (error) {
    if (isTransient(error) || isAppError(error, 'not_found') || isAppError(error, 'conflict')) throw error
    const reason = describeFailure(error)
    await noteFailedReplay(o.system, id, reason)
    return { outcome: 'failed', reason }
  }
}

async function replayParkedEvent(o: DeadLettersOptions, caller: AnyCaller, id: string): Promise<ReplayOutcome> {
  const parked = await findParkedEvent(o.system, id)
  if (parked === undefined) throw problem('not_found')
  const projection = o.projections?.find(({ name }) => name === parked.projection)
  if (projection === undefined) throw noReader(parked.projection)
  await projection.replayParked(parked.event.subject, async (tx, applied) => {
    if (!applied.some((event) => event.id === parked.event.id)) return
    await announce(tx, deadLetterReplayed(o.spine.service), caller, {
      dead_letter_id: id,
      kind: 'parked_event',
      reader: parked.projection,
      event_id: parked.event.id,
    })
  })
  await o.spine.sequence()
  const left = await findParkedEvent(o.system, id)
  return left === undefined ? { outcome: 'replayed' } : { outcome: 'failed', reason: left.reason }
}

const replayJob = (o: DeadLettersOptions, caller: AnyCaller, id: string): Promise<ReplayOutcome> =>
  o.spine.write(
    {},
    async (tx) => {
      const job = await reviveDeadJob(tx, id)
      if (job === undefined) throw problem('not_found')
      await announce(tx, deadLetterReplayed(o.spine.service), caller, toldOfJob(id, job))
      return { outcome: 'queued' as const }
    },
    { db: 'system' },
  )

async function discardIn(tx: Tx, id: string): Promise<Told> {
  const kind = kindOfLetter(id)
  if (kind === 'parked_event') {
    if ((await findParkedEvent(tx, id)) === undefined) throw problem('not_found')
    throw problem('conflict', {
      detail: 'A projection never skips an event: mend the reason and replay it, or let the copy be loaded anew.',
    })
  }
  if (kind === 'job') {
    const job = await deleteDeadJob(tx, id)
    if (job === undefined) throw problem('not_found')
    return toldOfJob(id, job)
  }
  const taken = await takeDeadEvent(tx, id)
  if (taken === undefined) throw problem('not_found')
  return { dead_letter_id: id, kind, reader: taken.consumer, event_id: taken.event.id }
}

const toldOfJob = (id: string, { pipeline, eventId }: { pipeline: string; eventId: string }): Told => ({
  dead_letter_id: id,
  kind: 'job',
  reader: pipeline,
  event_id: eventId,
})

const noReader = (name: string) => problem('conflict', { detail: `This version has no reader ${name} any more.` })
