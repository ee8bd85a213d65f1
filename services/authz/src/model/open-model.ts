/**
 * Changes an organization's model: catalog, roles and policies in reach and what the caller may delegate are read in
 * the transaction of the change and held still, so that what is checked is what is saved.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { catalogOf, type Catalog } from '../domain/catalog.ts'
import { delegableOf, heldKeysAt, ownerKey, type Delegable } from '../domain/delegable.ts'
import type { HeldRole } from '../domain/facts.ts'
import { policySource } from '../domain/policy-model.ts'
import type { PolicyRule } from '../domain/policy-rights.ts'
import type { FactCache } from '../facts/fact-cache.ts'
import type { PolicyRows } from '../facts/policy-rows.ts'
import { listApplications, lockModel } from '../store/catalog.ts'
import { findMemberFacts, findServiceAccountFacts } from '../store/facts.ts'
import { listRolesInReach } from '../store/roles.ts'
import type { RoleRow } from '../store/schema.ts'
import { valueOf, type Outcome } from './refusal.ts'

export type OpenModel = {
  readonly catalog: Catalog
  readonly roles: ReadonlyMap<string, RoleRow>
  readonly rolesById: ReadonlyMap<string, RoleRow>
  readonly policies: readonly PolicyRule[]
  readonly delegable: Delegable
  readonly nowMs: number
}

/**
 * Runs `change` under the lock of the organization's model; then `forget` drops what is cached of it. @throws AppError
 * what its refusal becomes
 */
export async function changeModel<T>(
  deps: Pick<Deps, 'clock' | 'spine' | 'factCache'>,
  caller: OrgCaller,
  { change, forget }: { change(tx: Tx, model: OpenModel): Promise<Outcome<T>>; forget(cached: FactCache): void },
): Promise<T> {
  const nowMs = deps.clock.now().getTime()
  const outcome = await deps.spine.write(
    { orgId: caller.orgId },
    async (tx) => change(tx, await openModel(tx, { caller, nowMs, policyRows: deps.factCache.policyRows })),
    { announce: 'await' },
  )
  forget(deps.factCache)
  return valueOf(outcome)
}

/** What is read is sent without waiting in between. @param o.caller - who makes the change */
export async function openModel(
  tx: Tx,
  { caller, nowMs, policyRows }: { caller: OrgCaller; nowMs: number; policyRows: PolicyRows },
): Promise<OpenModel> {
  const { orgId } = caller
  await lockModel(tx, orgId)
  const [applications, rows, inReach, held] = await Promise.all([
    listApplications(tx),
    listRolesInReach(tx, orgId),
    policyRows.inReach(tx, orgId),
    heldBy(tx, caller),
  ])
  const roles = new Map(rows.map((row) => [row.key, row]))
  const rolesById = new Map(rows.map((row) => [row.id, row]))
  const policies = inReach.map(policySource)
  const keys = heldKeysAt(held.roles, { nowMs, keyOf: (id) => rolesById.get(id)?.key })
  const scope = caller.kind === 'service_account' ? caller.scope : undefined
  return {
    catalog: catalogOf(applications),
    roles,
    rolesById,
    policies,
    delegable: delegableOf({ roles, policies }, [...keys, ...(held.isOwner ? [ownerKey] : [])], scope),
    nowMs,
  }
}

async function heldBy(tx: Tx, caller: OrgCaller): Promise<{ roles: readonly HeldRole[]; isOwner: boolean }> {
  const nothing = { roles: [], isOwner: false }
  if (caller.kind === 'service_account') {
    const account = await findServiceAccountFacts(tx, caller.serviceAccountId)
    return account?.status === 'active' ? { roles: account.roles, isOwner: false } : nothing
  }
  const member = await findMemberFacts(tx, { orgId: caller.orgId, userId: caller.userId })
  return member?.status === 'active' ? member : nothing
}
