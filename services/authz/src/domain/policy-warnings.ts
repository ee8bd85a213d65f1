/**
 * What is odd about a policy although it is valid: advice for its maker, told with the save and never a reason to
 * refuse it.
 */
import type { PolicyWarning } from '@gatehouse/contracts/http/authz/policies'
import { lintCondition } from '@gatehouse/policy/lint/lint-condition'
import { finish, type Work } from '@gatehouse/policy/compile/work'
import { linting } from '@gatehouse/policy/lint/lint-policy'
import { policySource, type CompiledModel, type PolicyRecord } from './policy-model.ts'

/**
 * @param model - what is in force; the policy replaces the one of its scope and key there, so a draft is looked at as
 * if it were published
 */
export const policyWarnings = (policy: PolicyRecord, model: Pick<CompiledModel, 'source'>): PolicyWarning[] =>
  finish(warning(policy, model))

/** `policyWarnings` in parts. */
export function* warning(policy: PolicyRecord, model: Pick<CompiledModel, 'source'>): Work<PolicyWarning[]> {
  const saved = policySource(policy)
  const others = model.source.policies.filter(({ key, scope }) => key !== saved.key || scope !== saved.scope)
  const findings = yield* linting(saved, { ...model.source, policies: [...others, saved] })
  const ofPolicy = findings.map(({ code, by, message }) => ({ code, message, ...(by === undefined ? {} : { by }) }))
  return [...(policy.condition === null ? [] : lintCondition(policy.condition)), ...ofPolicy]
}
