/**
 * The policy decision point as identity needs it: what the person whose token travels along may do on the platform. Not
 * knowing is an error (503), never a yes.
 */
import { CheckPermissions } from '@gatehouse/contracts/http/authz/evaluation'
import { onlyDecision, type PermissionDecision } from '@gatehouse/access/call/require-allowed'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type AuthzClient = {
  /** @throws AppError `not_current` or `upstream_failed` when authz cannot say */
  decide(user: UserCaller, permission: string): Promise<PermissionDecision>
}

export const createAuthzClient = (http: ServiceClient): AuthzClient => ({
  decide: async (user, permission) =>
    onlyDecision(await http.call(CheckPermissions, { body: { scope: 'platform', permissions: [permission] }, user })),
})
