/**
 * One list of what all services set aside, oldest first. Each service is asked for a page after the same place, and the
 * pages are merged. A service that does not answer is named: when something is broken, what the others say is what an
 * operator needs.
 */
import type { DeadLetter } from '@gatehouse/contracts/http/spine/dead-letters'
import type { DeadLetterPage, DeadLetterQuery } from '@gatehouse/contracts/http/workers/dead-letters'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { decodeCursor, pageOf } from '@gatehouse/service-kit/http/page'
import type { Deps } from '../../deps.ts'
import { isInstant } from '../audit/audit-page.ts'
import type { AllDeadLetters } from './ask-owner.ts'

const permission = 'gatehouse:dead_letters.read'
const defaultLimit = 50

export async function listDeadLetters(
  deps: Pick<Deps, 'clients' | 'log'> & { deadLetters: AllDeadLetters },
  caller: UserCaller,
  query: DeadLetterQuery,
): Promise<DeadLetterPage> {
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'platform', permission }), caller, permission)
  const { kind, reader, limit = defaultLimit } = query
  const asked = { kind, reader, limit: limit + 1, after: placeIn(query.cursor) }
  const unanswered: ServiceName[] = []
  const pages = await Promise.all(
    Object.entries(deps.deadLetters)
      .filter(([service]) => query.service === undefined || query.service === service)
      .map(async ([service, letters]): Promise<DeadLetter[]> => {
        try {
          return await letters.list(asked)
        } catch (err) {
          deps.log.warn({ err, target: service }, 'a service did not say what it set aside')
          unanswered.push(service as ServiceName)
          return []
        }
      }),
  )
  const merged = pages.flat().sort(inOrder)
  return { ...pageOf(merged, limit, ({ failed_at, id }) => [failed_at, id]), unanswered: unanswered.sort() }
}

/** Times have the same form everywhere, and the part of an id behind its prefix is ordered as its UUID. */
function inOrder(one: DeadLetter, other: DeadLetter): number {
  const [a, b] = [one, other].map(({ failed_at, id }) => failed_at + id.slice(id.indexOf('_'))) as [string, string]
  return a < b ? -1 : a > b ? 1 : 0
}

/** @throws AppError `invalid_cursor` */
function placeIn(cursor: string | undefined): { failedAt: string; id: string } | undefined {
  const values = decodeCursor(
    cursor,
    2,
    ([at, id]) => isInstant(at) && ['dlt', 'prk', 'job'].some((prefix) => isTypeId(prefix, id)),
  )
  return values && { failedAt: String(values[0]), id: String(values[1]) }
}
