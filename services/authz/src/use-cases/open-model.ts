/**
 * Opens an organization's model for a change: catalog, roles in reach and what the person who changes it holds, all read in the transaction of the
 * change and with both held still, so that what is checked is what is saved.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { catalogOf, type Catalog } from '../domain/catalog.ts'
import { rolesHeldAt } from '../domain/facts.ts'
import { delegableOf, type Delegable } from '../domain/delegable.ts'
import { ownerRole } from '../domain/platform.ts'
import { listApplications, lockModel } from '../store/catalog.ts'
import { findMemberFacts, findServiceAccountFacts } from '../store/facts.ts'
import { listRolesInReach } from '../store/roles.ts'
import type { RoleRow } from '../store/schema.ts'

export type OpenModel = {
  readonly catalog: Catalog
  readonly roles: ReadonlyMap<string, RoleRow>
  readonly rolesById: ReadonlyMap<string, RoleRow>
  readonly delegable: Delegable
}

/** @param o.caller - who makes the change */
export async function openModel(tx: Tx, o: { caller: OrgCaller; nowMs: number }): Promise<OpenModel> {
  const { orgId } = o.caller
  await lockModel(tx, orgId)
  const catalog = catalogOf(await listApplications(tx))
  const rows = await listRolesInReach(tx, orgId)
  const roles = new Map(rows.map((row) => [row.key, row]))
  const rolesById = new Map(rows.map((row) => [row.id, row]))
  const { roleIds, isOwner } = await heldBy(tx, o)
  const held = [...roleIds.flatMap((id) => rolesById.get(id)?.key ?? []), ...(isOwner ? [ownerRole] : [])]
  return {
    catalog,
    roles,
    rolesById,
    delegable: delegableOf(roles, held, o.caller.kind === 'service_account' ? o.caller.scope : undefined),
  }
}

async function heldBy(
  tx: Tx,
  { caller, nowMs }: { caller: OrgCaller; nowMs: number },
): Promise<{ roleIds: string[]; isOwner: boolean }> {
  const nothing = { roleIds: [], isOwner: false }
  if (caller.kind === 'service_account') {
    const account = await findServiceAccountFacts(tx, caller.serviceAccountId)
    return account?.status === 'active' ? { roleIds: rolesHeldAt(account.roles, nowMs), isOwner: false } : nothing
  }
  const member = await findMemberFacts(tx, { orgId: caller.orgId, userId: caller.userId })
  return member?.status === 'active' ? { roleIds: rolesHeldAt(member.roles, nowMs), isOwner: member.isOwner } : nothing
}
