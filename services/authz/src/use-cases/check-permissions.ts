/** The same question between services: may the person whose token travels along do these? */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller, ServiceCaller, UserCaller } from '@gatehouse/service-kit/http/caller'
import { decideForMember, decideForOperator, questionOf, type DecidingDeps } from './decide-for-caller.ts'

export type PermissionScope = 'organization' | 'platform'

const isOrgCaller = (user: UserCaller): user is OrgCaller => user.orgId !== undefined && user.membershipId !== undefined

/** One decision per permission, in order. Without an organization in the token, nothing is permitted in one. */
export async function checkPermissions(deps: DecidingDeps, caller: ServiceCaller, input: { scope: PermissionScope; permissions: readonly string[] }): Promise<{ decisions: boolean[] }> {
  if (!caller.user) throw problem('unauthenticated', { internal: 'no access token travelled along' })
  return { decisions: await decidePermissions(deps, caller.user, input) }
}

async function decidePermissions(deps: DecidingDeps, user: UserCaller, { scope, permissions }: { scope: PermissionScope; permissions: readonly string[] }): Promise<boolean[]> {
  if (scope === 'organization' && !isOrgCaller(user)) return permissions.map(() => false)
  const questions = permissions.map((permission) => questionOf(permission, scope === 'organization' ? user.orgId : undefined))
  const decisions = scope === 'organization' ? await decideForMember(deps, user as OrgCaller, questions) : await decideForOperator(deps, user, questions)
  return decisions.map(({ allowed }) => allowed)
}

/** What every administrative use case asks first. @throws AppError `forbidden`, `not_current` */
export async function requirePermission(deps: DecidingDeps, user: UserCaller, permission: string, scope: PermissionScope = 'organization'): Promise<void> {
  const [allowed] = await decidePermissions(deps, user, { scope, permissions: [permission] })
  if (allowed !== true) throw problem('forbidden', { internal: `lacks ${permission}` })
}
