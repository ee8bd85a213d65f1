/** The policy decision point as orgs needs it. Not knowing is an error (503), never a yes. */
import {
  CheckGrantableRoles,
  CheckPermissions,
  ListProtectedAttributes,
} from '@gatehouse/contracts/http/authz/evaluation'
import { FindRoleHolders } from '@gatehouse/contracts/http/authz/role-holders'
import { onlyDecision, type PermissionDecision } from '@gatehouse/access/call/require-allowed'
import type { PrincipalCaller, UserCaller } from '@gatehouse/access/callers/caller'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type AuthzClient = {
  /** May whoever this is do that in the organization of their token? */
  decide(user: PrincipalCaller, permission: string): Promise<PermissionDecision>
  /** May this person do that at the platform? */
  decideForPlatform(user: UserCaller, permission: string): Promise<PermissionDecision>
  /** Names of members' attributes that policies read and whoever this is may not write. */
  protectedAttributes(caller: PrincipalCaller): Promise<string[]>
  /** Which of these members (at most 200) hold the role? */
  holdersOf(o: { orgId: string; role: string; membershipIds: string[] }): Promise<Set<string>>
  /** Which of these roles do not exist there? */
  unknownAmong(o: { orgId: string; roles: string[] }): Promise<string[]>
  /** Which of these roles do not exist there, and which may `grantedBy` not give, for so long or for good? */
  checkGrantableRoles(o: {
    orgId: string
    grantedBy: string
    roles: string[]
    durationSeconds?: number
  }): Promise<{ unknown: string[]; refused: string[] }>
}

export const createAuthzClient = (http: ServiceClient): AuthzClient => ({
  decide: async (user, permission) =>
    onlyDecision(
      await http.call(CheckPermissions, { body: { scope: 'organization', permissions: [permission] }, user }),
    ),
  decideForPlatform: async (user, permission) =>
    onlyDecision(await http.call(CheckPermissions, { body: { scope: 'platform', permissions: [permission] }, user })),
  protectedAttributes: async (user) => (await http.call(ListProtectedAttributes, { body: {}, user })).names,
  async holdersOf({ orgId, role, membershipIds }) {
    if (membershipIds.length === 0) return new Set()
    const body = { organization_id: orgId, roles: [role], membership_ids: membershipIds }
    return new Set((await http.call(FindRoleHolders, { body })).membership_ids)
  },
  async unknownAmong({ orgId, roles }) {
    if (roles.length === 0) return []
    const body = { organization_id: orgId, roles: [...new Set(roles)], membership_ids: [] }
    return (await http.call(FindRoleHolders, { body })).unknown_roles
  },
  checkGrantableRoles: ({ orgId, grantedBy, roles, durationSeconds }) =>
    http.call(CheckGrantableRoles, {
      body: {
        organization_id: orgId,
        granted_by: grantedBy,
        roles,
        ...(durationSeconds !== undefined && { duration_seconds: durationSeconds }),
      },
    }),
})
