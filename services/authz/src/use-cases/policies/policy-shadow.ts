/**
 * A draft beside the policy in force, on live traffic: from now on each decision it is about is recorded, and the
 * report says what the draft would have answered. It never has a part in an answer. A shadow ends with its draft, or by
 * itself after a week.
 */
import type { PolicyShadow } from '@gatehouse/contracts/http/authz/simulation'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { deletePolicyShadow, findPolicyShadow, upsertPolicyShadow } from '../../store/policy-shadows.ts'
import type { PolicyShadowRow } from '../../store/schema.ts'
import { announceShadowEnded, announceShadowStarted } from '../../announce/policy.ts'
import { changePolicies } from './change-policies.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { seesRecordedSubjects } from '../../access/decision-access.ts'
import { impactOf, mostByDefault } from '../simulation/impact.ts'
import { done } from '../../model/refusal.ts'
import { findDraftSource } from '../../store/policy-drafts.ts'
import { simulationView } from '../../views/simulation.ts'

const timesOf = ({ startedAt, endsAt }: PolicyShadowRow) => ({
  started_at: startedAt.toISOString(),
  ends_at: endsAt.toISOString(),
})

/** @throws AppError `forbidden`, `not_found` where there is no draft */
export const startPolicyShadow = (
  deps: Deps,
  caller: OrgCaller,
  policyId: string,
): Promise<Omit<PolicyShadow, 'report'>> =>
  changePolicies(deps, caller, async (tx) => {
    const { orgId } = caller
    const draft = await findDraftSource(tx, { orgId, policyId })
    if (!draft) return { kind: 'not_found' }
    const row = await upsertPolicyShadow(tx, { orgId, policyId })
    await announceShadowStarted(tx, { policyId, orgId, key: draft.source.key, actor: actorOf(caller) })
    return done(timesOf(row))
  })

/** @throws AppError `forbidden`, `not_found` */
export const endPolicyShadow = (deps: Deps, caller: OrgCaller, policyId: string): Promise<void> =>
  changePolicies(deps, caller, async (tx) => {
    const { orgId } = caller
    const draft = await findDraftSource(tx, { orgId, policyId })
    if (!draft || !(await deletePolicyShadow(tx, policyId))) return { kind: 'not_found' }
    await announceShadowEnded(tx, { policyId, orgId, key: draft.source.key, actor: actorOf(caller) })
    return done(undefined)
  })

/** @throws AppError `forbidden`, `not_found`, `invalid_policy` when the draft no longer fits the catalog */
export async function getPolicyShadow(
  deps: Deps,
  caller: OrgCaller,
  { policyId, signal }: { policyId: string; signal?: AbortSignal },
): Promise<PolicyShadow> {
  await requirePermission(deps, caller, permissions.readPolicies)
  const { orgId } = caller
  const [shadow, draft] = await inScope(
    deps.db,
    { orgId },
    async (tx) =>
      [await findPolicyShadow(tx, { orgId, policyId }), await findDraftSource(tx, { orgId, policyId })] as const,
  )
  if (!shadow || !draft) throw problem('not_found')
  const { source } = draft
  const isExact = await seesRecordedSubjects(deps, caller)
  return {
    ...timesOf(shadow),
    report: simulationView(
      source.key,
      await impactOf(deps, orgId, { source, window: { since: shadow.startedAt, most: mostByDefault }, signal }),
      { isExact },
    ),
  }
}
