/** What somebody may delegate by the cached model, where no change holds it still. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { delegableOf, heldKeysAt, ownerKey, type Delegable, type HeldKey } from '../domain/delegable.ts'
import { findAccountObstacle, findObstacle, type MemberFacts, type HeldRole } from '../domain/facts.ts'
import { roleKeysOf, type PolicyModel } from '../domain/policy-model.ts'
import type { FactDeps } from '../facts/decide-with.ts'
import type { DecidingDeps } from '../subjects/caller-subject.ts'
import { principalFactsOf } from '../subjects/principal-facts.ts'

const roleKeys = (model: PolicyModel, held: readonly HeldRole[], nowMs: number): HeldKey[] =>
  heldKeysAt(held, { nowMs, keyOf: (id) => roleKeysOf(model, [id])[0] })

export const memberKeys = (
  model: PolicyModel,
  { member, nowMs }: { member: Pick<MemberFacts, 'roles' | 'isOwner'>; nowMs: number },
): HeldKey[] => [...roleKeys(model, member.roles, nowMs), ...(member.isOwner ? [ownerKey] : [])]

/** Everything an account holds, over or not, and for whichever resource: what a key of it may ever grant. */
export const accountKeys = (model: PolicyModel, held: readonly HeldRole[]): HeldKey[] =>
  held.flatMap(({ roleId, expiresAtMs = Infinity }) =>
    roleKeysOf(model, [roleId]).map((key) => ({ key, untilMs: expiresAtMs })),
  )

/** @throws AppError `not_current`, `revision_unavailable` */
export async function delegableOfCaller(
  deps: FactDeps & Pick<DecidingDeps, 'clock'>,
  caller: OrgCaller,
  model: PolicyModel,
): Promise<Delegable> {
  const nowMs = deps.clock.now().getTime()
  const rules = { roles: model.roles, policies: model.source.policies }
  const facts = await principalFactsOf(deps, caller)
  if (facts.kind === 'service_account') {
    const held = findAccountObstacle(facts) === undefined ? (facts.account?.roles ?? []) : []
    return delegableOf(rules, roleKeys(model, held, nowMs), caller.kind === 'user' ? undefined : caller.scope)
  }
  const { member } = facts
  return delegableOf(
    rules,
    member === undefined || findObstacle(facts) !== undefined ? [] : memberKeys(model, { member, nowMs }),
  )
}
