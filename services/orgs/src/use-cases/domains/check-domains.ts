/**
 * Looks whether DNS holds the record of a domain: asked for by the organization, and again and again by a job. DNS is
 * asked outside any transaction, and what it said is decided under the lock of the domain. Whoever proves a domain that
 * another organization has proven is told that it is taken.
 */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Actor } from '@gatehouse/contracts/events/envelope'
import type { Domain } from '@gatehouse/contracts/http/orgs/domains'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { chargeBudgets } from '@gatehouse/service-kit/postgres/budgets'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { isUniqueViolation } from '@gatehouse/service-kit/postgres/errors'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { TxtAnswer } from '../../clients/dns.ts'
import type { Deps } from '../../deps.ts'
import { checkHours, holdsRecord, recordNameOf, recordValueOf, statusAfter } from '../../domain/domain.ts'
import { permissions } from '../../domain/permissions.ts'
import { findDomain, isTaken, leaseDueDomains, lockDomain, storeCheck } from '../../store/domains.ts'
import type { DomainRow } from '../../store/schema.ts'
import { requirePermission } from '../require-permission.ts'
import { announceDomainLapsed, announceDomainVerified } from './announce.ts'
import { domainView } from './manage-domains.ts'

type CheckDeps = Pick<Deps, 'spine' | 'system' | 'clients'>
type Found = 'found' | 'missing' | 'unanswered'

/** An organization has DNS asked as often as this. */
const checks = { count: 30, periodSeconds: 3600 }

/** @throws AppError `forbidden`, `not_found`, `rate_limited` */
export async function verifyDomain(
  deps: CheckDeps & Pick<Deps, 'db'>,
  caller: OrgCaller,
  { id }: { id: string },
): Promise<Domain> {
  await requirePermission(deps, caller, permissions.writeDomains)
  const { orgId } = caller
  const { row, charged } = await inScope(deps.db, { orgId }, async (tx) => {
    const row = await findDomain(tx, { id, orgId })
    return { row, charged: row && (await chargeBudgets(tx, [{ key: `domain checks of ${orgId}`, budget: checks }])) }
  })
  if (row === undefined) throw problem('not_found')
  if (charged?.kind === 'limited')
    throw problem('rate_limited', {
      detail: 'Too many checks; domains are also checked every hour.',
      retryAfterSeconds: charged.retryAfterSeconds,
    })
  const checked = await check(deps, row, actorOf(caller))
  if (checked === undefined) throw problem('not_found')
  return domainView(checked)
}

const limit = 50

/** Checks every domain that is due, one after the other; how many. */
export async function checkDueDomains(deps: CheckDeps): Promise<number> {
  let total = 0
  for (let leased = limit; leased === limit; total += leased) {
    const ids = await leaseDueDomains(deps.system, { limit })
    for (const id of ids) {
      const row = await inScope(deps.system, {}, (tx) => lockDomain(tx, id))
      if (row) await check(deps, row, 'system')
    }
    leased = ids.length
  }
  return total
}

async function check(deps: CheckDeps, row: DomainRow, actor: Actor): Promise<DomainRow | undefined> {
  const found = readAnswer(await deps.clients.resolveTxt(recordNameOf(row.name)), recordValueOf(row.proof))
  const settled = (isLost: boolean) =>
    deps.spine.write({}, (tx) => settle(tx, { id: row.id, found, isLost, actor }), { db: 'system' })
  try {
    return await settled(false)
  } catch (error) {
    // Another organization proved the same domain in this moment.
    if (!isUniqueViolation(error, 'domains_verified_unique')) throw error
    return await settled(true)
  }
}

const readAnswer = (answer: TxtAnswer, value: string): Found => {
  if (answer.kind === 'unanswered') return 'unanswered'
  return answer.kind === 'records' && holdsRecord(answer.records, value) ? 'found' : 'missing'
}

async function settle(
  tx: Tx,
  { id, found, isLost, actor }: { id: string; found: Found; isLost: boolean; actor: Actor },
): Promise<DomainRow | undefined> {
  const before = await lockDomain(tx, id)
  if (before === undefined) return undefined
  const isTakenNow = found === 'found' && before.status !== 'verified' && (isLost || (await isTaken(tx, before)))
  const after = isTakenNow ? { status: before.status, missedChecks: 0 } : statusAfter(before, found)
  const lastCheck = isTakenNow ? 'taken' : found
  const row = await storeCheck(tx, { id, ...after, lastCheck, nextHours: checkHours[after.status] })
  if (row === undefined || row.status === before.status) return row
  await (row.status === 'verified' ? announceDomainVerified : announceDomainLapsed)(tx, row, actor)
  return row
}
