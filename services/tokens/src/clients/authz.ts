/** The policy decision point as tokens needs it. Not knowing is an error (503), never a yes. */
import { CheckPermissions } from '@gatehouse/contracts/http/authz/evaluation'
import { FindRoleHolders, ListMemberRoleKeys } from '@gatehouse/contracts/http/authz/role-holders'
import { CheckGrantableServiceAccount } from '@gatehouse/contracts/http/authz/service-account-roles'
import { onlyDecision, type PermissionDecision } from '@gatehouse/access/call/require-allowed'
import type { PrincipalCaller } from '@gatehouse/access/callers/caller'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type AuthzClient = {
  /** May whoever this is do that in the organization of their token? */
  decide(caller: PrincipalCaller, permission: string): Promise<PermissionDecision>
  /** May this person do that on the platform itself? */
  decideOnPlatform(caller: PrincipalCaller, permission: string): Promise<PermissionDecision>
  /** Rights of the service account, up to the scope, that the caller may not hand on. */
  undelegableOf(
    caller: PrincipalCaller,
    o: { serviceAccountId: string; scope: string[] | undefined; expiresAt: Date },
  ): Promise<string[]>
  /** Whether a member holds one of these roles now, be it for some resources alone. */
  holdsOneOf(o: { organizationId: string; membershipId: string; roles: readonly string[] }): Promise<boolean>
  /** Keys of the roles that a member holds now. */
  rolesOf(member: { organizationId: string; userId: string }): Promise<string[]>
}

export const createAuthzClient = (http: ServiceClient): AuthzClient => ({
  decide: async (caller, permission) =>
    onlyDecision(
      await http.call(CheckPermissions, { body: { scope: 'organization', permissions: [permission] }, user: caller }),
    ),
  decideOnPlatform: async (caller, permission) =>
    onlyDecision(
      await http.call(CheckPermissions, { body: { scope: 'platform', permissions: [permission] }, user: caller }),
    ),
  async undelegableOf(caller, { serviceAccountId, scope, expiresAt }) {
    const body = {
      service_account_id: serviceAccountId,
      ...(scope !== undefined && { permissions: scope }),
      expires_at: expiresAt.toISOString(),
    }
    return (await http.call(CheckGrantableServiceAccount, { body, user: caller })).missing
  },
  async holdsOneOf({ organizationId, membershipId, roles }) {
    const body = {
      organization_id: organizationId,
      roles: [...roles],
      for_some_resources: true,
      membership_ids: [membershipId],
    }
    return (await http.call(FindRoleHolders, { body })).membership_ids.includes(membershipId)
  },
  async rolesOf({ organizationId, userId }) {
    const body = { organization_id: organizationId, user_id: userId }
    return (await http.call(ListMemberRoleKeys, { body, timeoutMs: 500 })).roles
  },
})
