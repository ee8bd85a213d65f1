/**
 * What every change of an organization's policies has in common: the right to make it, one transaction over a model
 * that holds still, and the rule that nothing is in force which the catalog of today, the policy's own tests or the
 * rights of its maker refuse.
 */
import type { Policy, PolicySource, PolicyWarning } from '@gatehouse/contracts/http/authz/policies'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { missingToChangePolicy } from '../../domain/delegable.ts'
import { permissions } from '../../domain/platform.ts'
import { checkingPolicy } from '../../domain/policy-definition.ts'
import { policySource, type PolicyRecord } from '../../domain/policy-model.ts'
import { warning } from '../../domain/policy-warnings.ts'
import { closePolicy, insertNextPolicy, rowContent, type PolicyRowContent } from '../../store/policies.ts'
import type { PolicyRow } from '../../store/schema.ts'
import { announcePolicyUpdated } from '../../announce/policy.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { changeModel, type OpenModel } from '../../model/open-model.ts'
import { done, notDelegable, type Outcome } from '../../model/refusal.ts'
import { policyView } from '../../views/policy.ts'

/**
 * Runs `change` under the lock of the organization's model. @throws AppError `forbidden`, and what its refusal becomes
 */
export async function changePolicies<T>(
  deps: Deps,
  caller: OrgCaller,
  change: (tx: Tx, model: OpenModel) => Promise<Outcome<T>>,
): Promise<T> {
  await requirePermission(deps, caller, permissions.writePolicies)
  return changeModel(deps, caller, { change, forget: (cached) => cached.dropModel(caller.orgId) })
}

/**
 * The policy as it is stored, if it may be in force. An allow hands on rights and a deny that ends frees them, so its
 * maker holds them.
 */
export async function contentInForce(
  { catalog, roles, delegable }: OpenModel,
  { source, known, orgId }: { source: PolicySource; known?: PolicyRow; orgId: string },
): Promise<Outcome<PolicyRowContent>> {
  const checked = await inTurns(checkingPolicy(source, { catalog, roles }), { work: 'check', key: orgId })
  if (!checked.ok) return { kind: 'invalid_policy', errors: checked.errors }
  const content = rowContent(source, checked.condition)
  const after = policySource({ key: source.key, orgId: null, ...content })
  const missing = missingToChangePolicy(delegable, { catalog, before: known && policySource(known), after })
  return missing.length > 0 ? notDelegable(missing) : done(content)
}

/**
 * What is odd about it beside the policies in force. Looked at after the change is committed, with nothing held: advice
 * keeps nobody waiting, and none is given when the policies in force cannot be read.
 */
export async function warningsAbout(
  { factCache, log }: Pick<Deps, 'factCache' | 'log'>,
  policy: PolicyRecord & { readonly orgId: string },
): Promise<{ warnings?: PolicyWarning[] }> {
  try {
    const model = await factCache.model(policy.orgId)
    return { warnings: await inTurns(warning(policy, model), { work: 'lint', key: policy.orgId }) }
  } catch (err) {
    log.warn({ err }, 'a policy was saved without advice')
    return {}
  }
}

/** A change that puts a version of a policy in force: the policy as it is now, with advice about it. */
export async function savePolicy(
  deps: Deps,
  caller: OrgCaller,
  change: (tx: Tx, model: OpenModel) => Promise<Outcome<PolicyRow>>,
): Promise<Policy> {
  const row = await changePolicies(deps, caller, change)
  return { ...policyView(row), ...(await warningsAbout(deps, { ...row, orgId: caller.orgId })) }
}

/** Puts `source` in force as the version after `known`. */
export async function supersedePolicy(
  tx: Tx,
  o: { model: OpenModel; known: PolicyRow; source: PolicySource; caller: OrgCaller },
): Promise<Outcome<PolicyRow>> {
  const { source, known, caller } = o
  const content = await contentInForce(o.model, { source, known, orgId: caller.orgId })
  if (content.kind !== 'done') return content
  const closed = await closePolicy(tx, { id: o.known.id, version: o.known.version })
  if (!closed) return { kind: 'changed' }
  const row = await insertNextPolicy(tx, closed, content.value)
  await announcePolicyUpdated(tx, { row, orgId: o.caller.orgId, actor: actorOf(o.caller) })
  return done(row)
}
