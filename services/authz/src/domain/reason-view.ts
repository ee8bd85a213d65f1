/** What an asker is told of the reason: enough to act on, and nothing of what they could not have stated. */
import type { EvaluationResponse } from '@gatehouse/contracts/http/authz/evaluation'
import type { Obligation } from '@gatehouse/policy/compile/decision'
import type { Answer } from './decision.ts'

type ReasonView = EvaluationResponse['context']['reason']

/** Names of missing attributes are told only where the asker could have stated them. */
const tellable = (name: string): boolean => name.startsWith('resource.') || name.startsWith('action.')

/** The context of an answer without its revision. */
export function outcomeView(given: Answer): Omit<EvaluationResponse['context'], 'revision'> {
  const reason = reasonView(given)
  return 'obligation' in given && given.obligation !== undefined
    ? { reason, obligation: obligationView(given.obligation) }
    : { reason }
}

/** What a set of policies decides with again and again is written once. */
const texts = new WeakMap<Answer, string>()

/** The same as JSON, without the braces around it. */
export function outcomeText(given: Answer): string {
  const known = texts.get(given)
  if (known !== undefined) return known
  const text = JSON.stringify(outcomeView(given)).slice(1, -1)
  // An answer that names what was missing is made for its question and never given again.
  if (!('missing' in given.reason)) texts.set(given, text)
  return text
}

function obligationView(obligation: Obligation): NonNullable<EvaluationResponse['context']['obligation']> {
  if (obligation.type !== 'step_up') return { type: obligation.type }
  const { type, acr_values, max_age } = obligation
  return { type, ...(acr_values && { acr_values: [...acr_values] }), ...(max_age !== undefined && { max_age }) }
}

function reasonView({ reason }: Answer): ReasonView {
  switch (reason.code) {
    case 'granted_by_role':
      return { code: reason.code, role: reason.role }
    case 'granted_by_policy':
    case 'denied_by_policy':
      return { code: reason.code, policy: reason.policy }
    case 'denied_for_missing_attribute':
    case 'not_granted_for_missing_attribute': {
      const missing = reason.missing.filter(tellable)
      return {
        code: reason.code,
        policy: reason.policy,
        ...(missing.length > 0 ? { detail: `missing: ${missing.join(', ')}` } : {}),
      }
    }
    default:
      return { code: reason.code }
  }
}
