/** What any service could not do, in one list for operators of the platform. */
import Type, { type Static } from 'typebox'
import { listOf, PageQuery } from '../../common/page.ts'
import { ServiceName } from '../../common/services.ts'
import { defineRoute } from '../contract.ts'
import { DeadLetter, deadLetterFilter, DeadLetterId, DiscardReason, ReplayOutcome } from '../spine/dead-letters.ts'

export const DeadLetterQuery = Type.Object({ ...PageQuery, ...deadLetterFilter, service: Type.Optional(ServiceName) })
export type DeadLetterQuery = Static<typeof DeadLetterQuery>

export const DeadLetterPage = Type.Object({
  ...listOf(DeadLetter).properties,
  /** Services that did not answer: what they set aside is missing from this page. */
  unanswered: Type.Array(ServiceName),
})
export type DeadLetterPage = Static<typeof DeadLetterPage>

const params = Type.Object({ id: DeadLetterId })

export const ListDeadLetters = defineRoute({
  operationId: 'listDeadLetters',
  service: 'workers',
  method: 'GET',
  path: '/v1/platform/dead-letters',
  summary: 'Events, parked events and jobs that were given up, oldest first. Platform administrators only.',
  auth: 'user',
  query: DeadLetterQuery,
  success: { status: 200, body: DeadLetterPage, description: 'The dead letters.' },
  problems: ['forbidden'],
})

export const ReplayDeadLetter = defineRoute({
  operationId: 'replayDeadLetter',
  service: 'workers',
  method: 'POST',
  path: '/v1/platform/dead-letters/:id/replay',
  summary: 'Tries one again. A parked event is applied together with the others of its aggregate, in order.',
  auth: 'user',
  params,
  success: { status: 200, body: ReplayOutcome, description: 'What came of it.' },
  problems: ['forbidden', 'not_found', 'conflict'],
})

export const DiscardDeadLetter = defineRoute({
  operationId: 'discardDeadLetter',
  service: 'workers',
  method: 'POST',
  path: '/v1/platform/dead-letters/:id/discard',
  summary: 'Gives one up, with a reason. A parked event cannot be given up: a projection never skips.',
  auth: 'user',
  params,
  body: Type.Object({ reason: DiscardReason }),
  example: { reason: 'The address does not exist any more.' },
  success: { status: 204, description: 'It is gone.' },
  problems: ['forbidden', 'not_found', 'conflict'],
})
