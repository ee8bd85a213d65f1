/** The same question between services: may whoever's token travels along do these? */
import type { Obligation } from '@gatehouse/contracts/http/authz/evaluation'
import type { Decision } from '@gatehouse/policy/compile/decision'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { requireAllowed, type PermissionDecision } from '@gatehouse/access/call/require-allowed'
import { isOrgCaller, type PrincipalCaller, type ServiceCaller } from '@gatehouse/access/callers/caller'
import { questionOf, type Question } from '../domain/decision.ts'
import { outcomeView } from '../domain/reason-view.ts'
import type { Ineligible } from '../domain/subject.ts'
import { decideForCaller, decideForOperator, type DecidingDeps } from './decide-for-caller.ts'

export type PermissionScope = 'organization' | 'platform'

/** One decision per permission, in order. Without an organization in the token, nothing is permitted in one. */
export async function checkPermissions(
  deps: DecidingDeps,
  caller: ServiceCaller,
  input: { scope: PermissionScope; permissions: readonly string[] },
): Promise<{ decisions: boolean[]; obligations?: (Obligation | null)[] }> {
  if (!caller.user) throw problem('unauthenticated', { internal: 'no access token travelled along' })
  const decided = await decidePermissions(deps, caller.user, input)
  for (const [at, given] of decided.entries())
    noteDenial(deps, caller.user, { ...input, permission: input.permissions[at], given })
  const decisions = decided.map(({ allowed }) => allowed)
  return decided.some(({ obligation }) => obligation)
    ? { decisions, obligations: decided.map(({ obligation }) => obligation ?? null) }
    : { decisions }
}

async function decidePermissions(
  deps: DecidingDeps,
  principal: PrincipalCaller,
  { scope, permissions }: { scope: PermissionScope; permissions: readonly string[] },
): Promise<PermissionDecision[]> {
  const questions = permissions.map((permission) =>
    questionOf(permission, scope === 'organization' ? principal.orgId : undefined),
  )
  const decided = await decide(deps, principal, { scope, questions })
  return (
    decided?.map((given) => ({ allowed: given.allowed, obligation: outcomeView(given).obligation })) ??
    permissions.map(() => ({ allowed: false }))
  )
}

/**
 * Undefined where the asker has no rights at all: an organization they do not act for, or the platform for a service
 * account.
 */
async function decide(
  deps: DecidingDeps,
  principal: PrincipalCaller,
  { scope, questions }: { scope: PermissionScope; questions: Question[] },
): Promise<(Decision | Ineligible)[] | undefined> {
  if (scope === 'organization') return isOrgCaller(principal) ? decideForCaller(deps, principal, questions) : undefined
  return principal.kind === 'user' ? decideForOperator(deps, principal, questions) : undefined
}

/** Whether the principal holds the permission in the organization of their token. @throws AppError `not_current` */
export async function isPermitted(
  deps: DecidingDeps,
  principal: PrincipalCaller,
  permission: string,
): Promise<boolean> {
  const [given] = await decidePermissions(deps, principal, { scope: 'organization', permissions: [permission] })
  return given?.allowed === true
}

/**
 * What every administrative use case asks first. @throws AppError `forbidden`, `insufficient_user_authentication`,
 * `not_current`
 */
export async function requirePermission(
  deps: DecidingDeps,
  principal: PrincipalCaller,
  permission: string,
  scope: PermissionScope = 'organization',
): Promise<void> {
  const [given] = await decidePermissions(deps, principal, { scope, permissions: [permission] })
  noteDenial(deps, principal, { scope, permission, given })
  requireAllowed(given ?? { allowed: false }, principal, permission)
}

/** A stronger sign-in that is still to come makes no denial. */
function noteDenial(
  { denials }: DecidingDeps,
  caller: PrincipalCaller,
  o: { scope: PermissionScope; permission: string | undefined; given: PermissionDecision | undefined },
): void {
  const { scope, permission, given } = o
  if (given?.allowed === true || given?.obligation?.type === 'step_up' || permission === undefined) return
  denials.note({ caller, scope, permission })
}
