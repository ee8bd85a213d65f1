/** Whether a person may give roles with an invitation, asked when it is sent and again when it is accepted. */
import type { Deps } from '../../deps.ts'
import { heldKeysOf } from '../../domain/subject.ts'
import { findObstacle } from '../../domain/facts.ts'
import { holdingsOf, missingFor } from '../../domain/holdings.ts'
import { isAssignable, platformAdminRole } from '../../domain/platform.ts'
import { requireCurrent, requireUnparked } from '../decisions/freshness.ts'
import { findParties } from '../subjects/principal-facts.ts'

export type GrantQuestion = { organization_id: string; granted_by: string; roles: readonly string[] }

/** Somebody who is no longer a member may give nothing. @throws AppError `not_current` */
export async function checkGrantableRoles(
  deps: Pick<Deps, 'knowledge' | 'following' | 'clock'>,
  input: GrantQuestion,
): Promise<{ unknown: string[]; refused: string[] }> {
  const orgId = input.organization_id
  const userId = input.granted_by
  requireCurrent(deps.following)
  let parties = await findParties(deps.knowledge, { orgId, userId })
  requireUnparked(deps.following, { userId, orgId, membershipId: parties.member?.id })
  // Both may have happened a moment ago: registering, and joining.
  if (parties.user === undefined || parties.member === undefined) {
    await Promise.all([deps.following.identity.pollNow(), deps.following.orgs.pollNow()])
    parties = await findParties(deps.knowledge, { orgId, userId })
  }
  const model = await deps.knowledge.model(orgId)
  const unknown = input.roles.filter((key) => !model.roles.has(key) || key === platformAdminRole)
  const known = input.roles.filter((key) => !unknown.includes(key))
  const { member } = parties
  if (member === undefined || findObstacle(parties) !== undefined) return { unknown, refused: known }
  const holdings = holdingsOf(model.roles, heldKeysOf(model, { member, nowMs: deps.clock.now().getTime() }))
  const refused = known.filter(
    (key) =>
      !isAssignable(key) ||
      missingFor(holdings, { roles: model.roles, keys: [key], catalog: model.catalog }).length > 0,
  )
  return { unknown, refused }
}
