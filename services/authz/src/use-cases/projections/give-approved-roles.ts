/**
 * Gives a member the roles of an approved access request, some of them until a moment. Whether the person who approved
 * may give them was asked of the policy decision point at the approval. A role that is held for longer stays as it is;
 * one that ends sooner is held until the new end.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { AccessRequestApproved } from '@gatehouse/contracts/events/orgs/access-request'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { Value } from 'typebox/value'
import { isAssignable } from '../../domain/platform.ts'
import { endSooner, insertAssignment } from '../../store/assignments.ts'
import { isMember } from '../../store/copies.ts'
import { listRolesInReach } from '../../store/roles.ts'

export async function giveApprovedRoles(tx: Tx, event: EventEnvelope): Promise<void> {
  const said = Value.Parse(AccessRequestApproved.data, event.data)
  // Whoever joins by a request is given their roles as anybody who joins.
  if (said.kind === 'join' || !(await isMember(tx, said.membership_id))) return
  const orgId = said.organization_id
  const inReach = new Map((await listRolesInReach(tx, orgId)).map((role) => [role.key, role.id]))
  const expiresAt = said.expires_at === null ? null : new Date(said.expires_at)
  for (const key of said.roles) {
    const roleId = isAssignable(key) ? inReach.get(key) : undefined
    if (roleId === undefined) continue
    const holding = { orgId, principalId: said.user_id, membershipId: said.membership_id, roleId, expiresAt }
    await endSooner(tx, holding)
    const scope = { principalType: 'user' as const, resourceType: null, resourceId: null }
    await insertAssignment(tx, { ...holding, ...scope, givenBy: `user:${said.approved_by}` })
  }
}
