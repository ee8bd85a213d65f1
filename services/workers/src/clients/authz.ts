/** What workers asks authz: whether the person whose token travels along may read an audit trail. */
import { CheckPermissions } from '@gatehouse/contracts/http/authz/evaluation'
import { onlyDecision, type PermissionDecision } from '@gatehouse/service-kit/errors/require-allowed'
import type { PrincipalCaller } from '@gatehouse/service-kit/http/caller'
import type { ServiceClient } from '@gatehouse/service-kit/http/service-client'

export type AuthzClient = {
  /** @throws AppError `not_current` or `upstream_failed` when authz cannot say; never a guess. */
  decide(user: PrincipalCaller, o: { scope: 'organization' | 'platform'; permission: string }): Promise<PermissionDecision>
}

export const createAuthzClient = (http: ServiceClient): AuthzClient => ({
  decide: async (user, { scope, permission }) => onlyDecision(await http.call(CheckPermissions, { body: { scope, permissions: [permission] }, user })),
})
