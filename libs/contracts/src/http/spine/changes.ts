/** What happened after a position. Every producer serves it to the services that follow it; nobody else sees it. */
import Type, { type Static } from 'typebox'
import type { ServiceName } from '../../common/services.ts'
import { EventEnvelope } from '../../events/envelope.ts'
import { defineRoute } from '../contract.ts'

export const ChangesPage = Type.Object({
  /**
   * Of the producer's database. Another one than last time, or a `head` below what was applied, means: load a snapshot.
   */
  epoch: Type.String(),
  /** Position of the newest committed event, given out after this was asked. */
  head: Type.Integer(),
  /** Where this page begins: what was asked, or later when the oldest event that is kept was asked for. */
  after: Type.Integer(),
  events: Type.Array(EventEnvelope),
  /** Nothing that was asked for is missing up to here; the next page begins after it. */
  scanned_to: Type.Integer(),
})
export type ChangesPage = Static<typeof ChangesPage>

/** `GET /internal/changes` of one producer; 410 `gone` when `after` is behind its retention. */
export const changesRoute = <S extends ServiceName>(service: S, callers: readonly ServiceName[] = []) =>
  defineRoute({
    operationId: `${service}.changes`,
    service,
    method: 'GET',
    path: '/internal/changes',
    summary: 'Events after a position, the head and the epoch',
    auth: 'internal',
    callers,
    isRoutine: true,
    query: Type.Object({
      after: Type.Integer({ minimum: 0 }),
      epoch: Type.Optional(Type.String({ maxLength: 64 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 500 })),
      /** Where a page behind retention begins: with the oldest event that is kept, instead of the answer 410. */
      behind: Type.Optional(Type.Literal('oldest')),
      /** Event types separated by commas; one may end in `.>`. */
      subjects: Type.Optional(Type.String({ maxLength: 4096 })),
    }),
    success: { status: 200, body: ChangesPage, description: 'Events in the order of their positions' },
    problems: ['gone', 'unavailable'],
  })
