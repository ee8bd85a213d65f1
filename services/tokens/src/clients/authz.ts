/** The policy decision point as tokens needs it. Not knowing is an error (503), never a yes. */
import { CheckPermissions } from '@gatehouse/contracts/http/authz/evaluation'
import { CheckGrantableServiceAccount } from '@gatehouse/contracts/http/authz/service-account-roles'
import { onlyDecision, type PermissionDecision } from '@gatehouse/access/call/require-allowed'
import type { PrincipalCaller } from '@gatehouse/access/callers/caller'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type AuthzClient = {
  /** May whoever this is do that in the organization of their token? */
  decide(caller: PrincipalCaller, permission: string): Promise<PermissionDecision>
  /** Rights of the service account, up to the ceiling, that the caller may not hand on. */
  missingFor(caller: PrincipalCaller, o: { serviceAccountId: string; ceiling: string[] | undefined }): Promise<string[]>
}

export const createAuthzClient = (http: ServiceClient): AuthzClient => ({
  decide: async (caller, permission) =>
    onlyDecision(
      await http.call(CheckPermissions, { body: { scope: 'organization', permissions: [permission] }, user: caller }),
    ),
  async missingFor(caller, { serviceAccountId, ceiling }) {
    const body = { service_account_id: serviceAccountId, ...(ceiling !== undefined && { permissions: ceiling }) }
    return (await http.call(CheckGrantableServiceAccount, { body, user: caller })).missing
  },
})
