/**
 * What a service could not do and set aside: listed, tried again, or given up by an operator. Workers ask every service
 * for the platform's list.
 */
import Type, { type Static } from 'typebox'
import { typeIdSuffix } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { ServiceName } from '../../common/services.ts'
import { defineRoute } from '../contract.ts'

/**
 * - `event`: a consumer tried an effect five times.
 * - `parked_event`: a projection could not apply it, or an earlier event of its aggregate; what is known of the
 *   aggregate is old until it is replayed.
 * - `job`: a side effect, such as a mail, that was given up.
 */
export const DeadLetterKind = Type.Union([Type.Literal('event'), Type.Literal('parked_event'), Type.Literal('job')])
export type DeadLetterKind = Static<typeof DeadLetterKind>

/** The prefix tells the kind: `dlt_` event, `prk_` parked event, `job_` job. */
export const DeadLetterId = Type.String({ pattern: `^(dlt|prk|job)_${typeIdSuffix}$`, maxLength: 31 })

const NullableString = Type.Union([Type.String(), Type.Null()])

export const DeadLetter = Type.Object({
  id: DeadLetterId,
  service: ServiceName,
  kind: DeadLetterKind,
  /** The consumer, projection or pipeline that could not do it. */
  reader: Type.String(),
  event_id: Type.String(),
  /** The type of the event, or the name of the job. */
  type: Type.String(),
  /** The aggregate of the event. */
  subject: NullableString,
  organization_id: NullableString,
  /** Tries so far; null for a parked event, which is not counted. */
  attempts: Type.Union([Type.Integer(), Type.Null()]),
  /** Why the last try failed, without secrets and personal data. */
  reason: Type.String(),
  /** When it was set aside; a list is in this order. */
  failed_at: Instant,
})
export type DeadLetter = Static<typeof DeadLetter>

/**
 * `replayed`: done. `queued`: a worker takes it up within seconds. `failed`: it stays in the list with the new reason.
 */
export const ReplayOutcome = Type.Object({
  outcome: Type.Union([Type.Literal('replayed'), Type.Literal('queued'), Type.Literal('failed')]),
  reason: Type.Optional(Type.String()),
})
export type ReplayOutcome = Static<typeof ReplayOutcome>

/** Why something is given up; it stands in the audit trail. */
export const DiscardReason = Type.String({ minLength: 3, maxLength: 500, pattern: '\\S' })

export const deadLetterFilter = {
  kind: Type.Optional(DeadLetterKind),
  /** A consumer, projection or pipeline. */
  reader: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9-]*$', maxLength: 100 })),
}

const params = Type.Object({ id: DeadLetterId })

/** The first `limit` after a place, oldest first. */
export const listDeadLettersRoute = <S extends ServiceName>(service: S) =>
  defineRoute({
    operationId: `${service}.listDeadLetters`,
    service,
    method: 'GET',
    path: '/internal/dead-letters',
    summary: 'What this service set aside',
    auth: 'internal',
    callers: ['workers'],
    query: Type.Object({
      ...deadLetterFilter,
      limit: Type.Integer({ minimum: 1, maximum: 201 }),
      after_time: Type.Optional(Instant),
      after_id: Type.Optional(DeadLetterId),
    }),
    success: { status: 200, body: Type.Object({ data: Type.Array(DeadLetter) }), description: 'The dead letters.' },
  })

export const replayDeadLetterRoute = <S extends ServiceName>(service: S) =>
  defineRoute({
    operationId: `${service}.replayDeadLetter`,
    service,
    method: 'POST',
    path: '/internal/dead-letters/:id/replay',
    summary: 'Tries it again',
    auth: 'internal',
    callers: ['workers'],
    params,
    success: { status: 200, body: ReplayOutcome, description: 'What came of it.' },
    problems: ['not_found', 'conflict'],
  })

export const discardDeadLetterRoute = <S extends ServiceName>(service: S) =>
  defineRoute({
    operationId: `${service}.discardDeadLetter`,
    service,
    method: 'POST',
    path: '/internal/dead-letters/:id/discard',
    summary: 'Gives it up',
    auth: 'internal',
    callers: ['workers'],
    params,
    body: Type.Object({ reason: DiscardReason }),
    success: { status: 204, description: 'It is gone.' },
    problems: ['not_found', 'conflict'],
  })
