/** Claiming, listing, setting and giving up the domains of an organization. */
import { randomBytes } from 'node:crypto'
import { actorOf, type MemberCaller, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Capture, Domain } from '@gatehouse/contracts/http/orgs/domains'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId, newId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { capturedRoles, domainsPerOrganization, recordNameOf, recordValueOf } from '../../domain/domain.ts'
import { decideGrant } from '../../domain/invitation.ts'
import { permissions } from '../../domain/permissions.ts'
import {
  claimCapture,
  countDomains,
  deleteDomain,
  insertDomain,
  listDomains as listRows,
  lockDomain,
} from '../../store/domains.ts'
import { lockOrganization } from '../../store/organizations.ts'
import type { DomainRow } from '../../store/schema.ts'
import { requirePermission } from '../require-permission.ts'
import { announceDomainAdded, announceDomainRemoved, announceDomainUpdated } from './announce.ts'

export const domainView = (row: DomainRow): Domain => ({
  id: row.id,
  name: row.name,
  status: row.status,
  capture: row.capture,
  record: { name: recordNameOf(row.name), value: recordValueOf(row.proof) },
  last_check: row.lastCheck,
  checked_at: row.checkedAt?.toISOString() ?? null,
  created_at: row.createdAt.toISOString(),
  version: row.version,
})

/** @throws AppError `forbidden`, `conflict` when the organization has claimed it, `limit_reached` */
export async function addDomain(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  input: { name: string },
): Promise<Domain> {
  await requirePermission(deps, caller, permissions.writeDomains)
  const { orgId } = caller
  const outcome = await deps.spine.write({ orgId }, async (tx) => {
    await lockOrganization(tx, orgId)
    if ((await countDomains(tx, orgId)) >= domainsPerOrganization) return 'too_many'
    const claim = {
      id: newId('dom'),
      orgId,
      name: input.name.toLowerCase(),
      proof: randomBytes(24).toString('base64url'),
    }
    const row = await insertDomain(tx, claim)
    if (row === undefined) return 'claimed'
    await announceDomainAdded(tx, row, actorOf(caller))
    return keepAnswer(domainView(row))
  })
  if (outcome === 'claimed') throw problem('conflict', { detail: 'The organization has claimed this domain.' })
  if (outcome === 'too_many')
    throw problem('limit_reached', { detail: `An organization may claim ${domainsPerOrganization} domains.` })
  return outcome
}

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listDomains(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  input: { limit: number; cursor: string | undefined },
): Promise<PageOf<Domain>> {
  const { orgId } = caller
  const [beforeId] = (decodeCursor(input.cursor, 1, ([id]) => isTypeId('dom', id)) as [string] | undefined) ?? []
  await requirePermission(deps, caller, permissions.readDomains)
  const rows = await readInScope(deps.db, { orgId }, (tx) => listRows(tx, { orgId, limit: input.limit + 1, beforeId }))
  return pageOf(rows.map(domainView), input.limit, (last) => [last.id])
}

/** `isExpected` judges the present version. @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export async function updateDomain(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: MemberCaller,
  { id, capture, isExpected }: { id: string; capture: Capture; isExpected(version: number): boolean },
): Promise<Domain> {
  await requirePermission(deps, caller, permissions.writeDomains)
  if (capture !== 'off') await requireGrantable(deps, caller)
  const { orgId } = caller
  const outcome = await deps.spine.write({ orgId }, async (tx) => {
    const before = await lockDomain(tx, id)
    if (before?.orgId !== orgId) return 'not_found'
    if (!isExpected(before.version)) return 'precondition_failed'
    const changed = await claimCapture(tx, { id, orgId, capture })
    if (changed) await announceDomainUpdated(tx, changed, actorOf(caller))
    return changed ?? before
  })
  if (typeof outcome === 'string') throw problem(outcome)
  return domainView(outcome)
}

/** Whoever lets people join gives each of them a role. */
async function requireGrantable({ clients }: Pick<Deps, 'clients'>, caller: MemberCaller): Promise<void> {
  const question = { orgId: caller.orgId, grantedBy: caller.userId, roles: [...capturedRoles] }
  const { kind } = decideGrant(capturedRoles, await clients.authz.checkGrantableRoles(question))
  if (kind !== 'grantable') throw problem('forbidden', { detail: `You may not give: ${capturedRoles.join(', ')}.` })
}

/** @throws AppError `forbidden`, `not_found` */
export async function removeDomain(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  { id }: { id: string },
): Promise<void> {
  await requirePermission(deps, caller, permissions.writeDomains)
  const row = await deps.spine.write({ orgId: caller.orgId }, async (tx) => {
    const removed = await deleteDomain(tx, { id, orgId: caller.orgId })
    if (removed) await announceDomainRemoved(tx, removed, actorOf(caller))
    return removed
  })
  if (row === undefined) throw problem('not_found')
}
