/**
 * Whether a person may give roles, asked when an invitation is sent, again when it is accepted, and when a request of
 * access is approved, which may be for a time.
 */
import type { Deps } from '../../deps.ts'
import { findObstacle } from '../../domain/facts.ts'
import { delegableOf, missingToGive } from '../../domain/delegable.ts'
import { memberKeys } from '../../access/delegable-of.ts'
import { isAssignable, platformAdminRole } from '../../domain/platform.ts'
import { requireFresh, requireUnparked } from '../../facts/freshness.ts'
import { decideWith } from '../../facts/decide-with.ts'
import { readNewcomer } from '../../subjects/principal-facts.ts'

export type GrantQuestion = {
  organization_id: string
  granted_by: string
  roles: readonly string[]
  duration_seconds?: number
}

/** What is given for a time begins after the question and by another clock, so its end is taken for a minute later. */
const laterMs = 60_000

/** Somebody who is no longer a member may give nothing. @throws AppError `not_current` */
export async function checkGrantableRoles(
  deps: Pick<Deps, 'factCache' | 'following' | 'clock'>,
  input: GrantQuestion,
): Promise<{ unknown: string[]; refused: string[] }> {
  const orgId = input.organization_id
  const userId = input.granted_by
  requireFresh(deps.following)
  const principalFacts = await decideWith(deps, (facts) => readNewcomer(facts, { orgId, userId }))
  requireUnparked(deps.following, { userId, orgId, membershipId: principalFacts.member?.id })
  const model = await deps.factCache.model(orgId)
  const unknown = input.roles.filter((key) => !model.roles.has(key) || key === platformAdminRole)
  const known = input.roles.filter((key) => !unknown.includes(key))
  const { member } = principalFacts
  if (member === undefined || findObstacle(principalFacts) !== undefined) return { unknown, refused: known }
  const { catalog } = model
  const rules = { roles: model.roles, policies: model.source.policies }
  const nowMs = deps.clock.now().getTime()
  const delegable = delegableOf(rules, memberKeys(model, { member, nowMs }))
  const lasts = input.duration_seconds
  const untilMs = lasts === undefined ? Infinity : nowMs + lasts * 1000 + laterMs
  const mayGive = (key: string): boolean =>
    missingToGive(delegable, { model: rules, catalog }, { keys: [key], untilMs }).length === 0
  const refused = known.filter((key) => !isAssignable(key) || !mayGive(key))
  return { unknown, refused }
}
