/** What workers asks authz: whether the person whose token travels along may read an audit trail. */
import { CheckPermissions } from '@gatehouse/contracts/http/authz/evaluation'
import { onlyDecision, type PermissionDecision } from '@gatehouse/access/call/require-allowed'
import type { PrincipalCaller } from '@gatehouse/access/callers/caller'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type AuthzClient = {
  /** @throws AppError `not_current` or `upstream_failed` when authz cannot say; never a guess. */
  decide(
    user: PrincipalCaller,
    o: { scope: 'organization' | 'platform'; permission: string },
  ): Promise<PermissionDecision>
}

export const createAuthzClient = (http: ServiceClient): AuthzClient => ({
  decide: async (user, { scope, permission }) =>
    onlyDecision(await http.call(CheckPermissions, { body: { scope, permissions: [permission] }, user })),
})
