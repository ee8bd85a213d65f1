/** The same question between services: may whoever's token travels along do these? */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { isOrgCaller, type PrincipalCaller, type ServiceCaller } from '@gatehouse/service-kit/http/caller'
import type { Question } from '../domain/decision.ts'
import { decideForCaller, decideForOperator, questionOf, type DecidingDeps } from './decide-for-caller.ts'

export type PermissionScope = 'organization' | 'platform'

/** One decision per permission, in order. Without an organization in the token, nothing is permitted in one. */
export async function checkPermissions(deps: DecidingDeps, caller: ServiceCaller, input: { scope: PermissionScope; permissions: readonly string[] }): Promise<{ decisions: boolean[] }> {
  if (!caller.user) throw problem('unauthenticated', { internal: 'no access token travelled along' })
  return { decisions: await decidePermissions(deps, caller.user, input) }
}

async function decidePermissions(deps: DecidingDeps, principal: PrincipalCaller, { scope, permissions }: { scope: PermissionScope; permissions: readonly string[] }): Promise<boolean[]> {
  const questions = permissions.map((permission) => questionOf(permission, scope === 'organization' ? principal.orgId : undefined))
  const decisions = await decide(deps, principal, { scope, questions })
  return decisions?.map(({ allowed }) => allowed) ?? permissions.map(() => false)
}

/** Undefined where the asker has no rights at all: an organization they do not act for, or the platform for a service account. */
async function decide(deps: DecidingDeps, principal: PrincipalCaller, { scope, questions }: { scope: PermissionScope; questions: Question[] }): Promise<{ allowed: boolean }[] | undefined> {
  if (scope === 'organization') return isOrgCaller(principal) ? decideForCaller(deps, principal, questions) : undefined
  return principal.kind === 'user' ? decideForOperator(deps, principal, questions) : undefined
}

/** What every administrative use case asks first. @throws AppError `forbidden`, `not_current` */
export async function requirePermission(deps: DecidingDeps, principal: PrincipalCaller, permission: string, scope: PermissionScope = 'organization'): Promise<void> {
  const [allowed] = await decidePermissions(deps, principal, { scope, permissions: [permission] })
  if (allowed !== true) throw problem('forbidden', { internal: `lacks ${permission}` })
}
