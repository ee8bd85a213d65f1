/**
 * What every change of an organization's policies has in common: the right to make it, one transaction over a model that holds still, and the rule
 * that nothing is in force which the catalog of today, the policy's own tests or the rights of its maker refuse.
 */
import type { Policy, PolicySource, PolicyWarning } from '@gatehouse/contracts/http/authz/policies'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { missingToChangePolicy } from '../../domain/delegable.ts'
import { permissions } from '../../domain/platform.ts'
import { checkPolicyDefinition } from '../../domain/policy-definition.ts'
import { policySource } from '../../domain/policy-model.ts'
import { policyWarnings } from '../../domain/policy-warnings.ts'
import { closePolicy, insertNextPolicy, listPoliciesInReach, type PolicyRowContent } from '../../store/policies.ts'
import type { PolicyRow } from '../../store/schema.ts'
import { announcePolicyUpdated } from '../announce/policy.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { openModel, type OpenModel } from '../open-model.ts'
import { done, notDelegable, valueOf, type Outcome } from '../refusal.ts'
import { policyView } from '../views.ts'

/** Runs `change` under the lock of the organization's model. @throws AppError `forbidden`, and what its refusal becomes */
export async function changePolicies<T>(
  deps: Deps,
  caller: OrgCaller,
  change: (tx: Tx, model: OpenModel) => Promise<Outcome<T>>,
): Promise<T> {
  await requirePermission(deps, caller, permissions.writePolicies)
  const { orgId } = caller
  const nowMs = deps.clock.now().getTime()
  const outcome = await deps.spine.write({ orgId }, async (tx) => change(tx, await openModel(tx, { caller, nowMs })), {
    announce: 'await',
  })
  deps.factCache.dropModel(orgId)
  return valueOf(outcome)
}

/** The policy as it is stored, if it may be in force. An allow hands on rights and a deny that ends frees them, so its maker holds them. */
export function contentInForce(
  { catalog, roles, delegable }: OpenModel,
  source: PolicySource,
  known?: PolicyRow,
): Outcome<PolicyRowContent> {
  const checked = checkPolicyDefinition(source, { catalog, roles })
  if (!checked.ok) return { kind: 'invalid_policy', errors: checked.errors }
  const content = rowContent(source, checked.condition)
  const after = policySource({ key: source.key, orgId: null, ...content })
  const missing = missingToChangePolicy(delegable, { catalog, before: known && policySource(known), after })
  return missing.length > 0 ? notDelegable(missing) : done(content)
}

export const rowContent = (source: PolicySource, condition: CheckedIr | undefined): PolicyRowContent => ({
  effect: source.effect,
  resourceType: source.resource_type,
  actions: source.actions,
  roles: source.roles ?? null,
  whenSource: source.when ?? null,
  condition: condition ?? null,
  obligation: source.obligation ?? null,
  tests: source.tests ?? null,
})

/** What is odd about it beside the policies there are. */
export async function warningsAbout(
  tx: Tx,
  { model, orgId, key, content }: { model: OpenModel; orgId: string; key: string; content: PolicyRowContent },
): Promise<PolicyWarning[]> {
  return policyWarnings({ key, orgId, ...content }, { ...model, others: await listPoliciesInReach(tx, orgId) })
}

/** Puts `source` in force as the version after `known`. */
export async function supersedePolicy(
  tx: Tx,
  o: { model: OpenModel; known: PolicyRow; source: PolicySource; caller: OrgCaller },
): Promise<Outcome<Policy>> {
  const content = contentInForce(o.model, o.source, o.known)
  if (content.kind !== 'done') return content
  const closed = await closePolicy(tx, { id: o.known.id, version: o.known.version })
  if (!closed) return { kind: 'changed' }
  const row = await insertNextPolicy(tx, closed, content.value)
  await announcePolicyUpdated(tx, { row, orgId: o.caller.orgId, actor: actorOf(o.caller) })
  return done({
    ...policyView(row),
    warnings: await warningsAbout(tx, { model: o.model, orgId: o.caller.orgId, key: row.key, content: row }),
  })
}
