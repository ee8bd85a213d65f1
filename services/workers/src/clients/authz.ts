/** What workers asks authz: whether the person whose token travels along may read an audit trail. */
import { CheckPermissions } from '@gatehouse/contracts/http/authz/evaluation'
import type { PrincipalCaller } from '@gatehouse/service-kit/http/caller'
import type { ServiceClient } from '@gatehouse/service-kit/http/service-client'

export type AuthzClient = {
  /** @throws AppError `not_current` or `upstream_failed` when authz cannot say; never a guess. */
  isAllowed(user: PrincipalCaller, o: { scope: 'organization' | 'platform'; permission: string }): Promise<boolean>
}

export const createAuthzClient = (http: ServiceClient): AuthzClient => ({
  async isAllowed(user, { scope, permission }) {
    const { decisions } = await http.call(CheckPermissions, { body: { scope, permissions: [permission] }, user })
    return decisions.length === 1 && decisions[0] === true
  },
})
