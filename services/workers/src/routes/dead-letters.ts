/** What services could not do: seen, tried again, given up. */
import { DiscardDeadLetter, ListDeadLetters, ReplayDeadLetter } from '@gatehouse/contracts/http/workers/dead-letters'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import type { AllDeadLetters } from '../use-cases/dead-letters/ask-owner.ts'
import { discardDeadLetter } from '../use-cases/dead-letters/discard-dead-letter.ts'
import { listDeadLetters } from '../use-cases/dead-letters/list-dead-letters.ts'
import { replayDeadLetter } from '../use-cases/dead-letters/replay-dead-letter.ts'

export function deadLettersRoutes(
  app: FastifyInstance,
  deps: Pick<Deps, 'clients' | 'log'> & { deadLetters: AllDeadLetters },
): void {
  bindRoute(app, ListDeadLetters, ({ caller, query }) => listDeadLetters(deps, caller, query))
  bindRoute(app, ReplayDeadLetter, ({ caller, params }) => replayDeadLetter(deps, caller, params.id))
  bindRoute(app, DiscardDeadLetter, ({ caller, params, body }) =>
    discardDeadLetter(deps, caller, { id: params.id, reason: body.reason }),
  )
}
