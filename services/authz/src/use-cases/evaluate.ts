/** Answers an AuthZEN evaluation. A person's token asks about that person in the organization of the token, and about nobody else. */
import type { EvaluationRequest, EvaluationResponse } from '@gatehouse/contracts/http/authz/evaluation'
import type { Decision } from '@gatehouse/policy/decide/decide'
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import { awaitRevision, requireCurrent, revisionNow } from './currency.ts'
import { decideForCaller, type DecidingDeps, type Obstructed } from './decide-for-caller.ts'

type ReasonView = EvaluationResponse['context']['reason']

/** @throws AppError `invalid_attribute`, `validation_failed`, `not_current`, `revision_unavailable` */
export async function evaluate(deps: DecidingDeps, caller: OrgCaller, request: EvaluationRequest): Promise<EvaluationResponse> {
  const { subject, resource, action, context } = request
  requireCurrent(deps.following)
  const { at_least: atLeast, ...rest } = context ?? {}
  if (atLeast !== undefined) await awaitRevision(deps.following, atLeast)
  if (!isSelf(caller, subject)) return answer(deps, { decision: false, reason: { code: 'subject_not_permitted' } })
  const [decision] = await decideForCaller(deps, caller, [{ resource, action, subjectProperties: subject.properties, context: rest }])
  return answer(deps, { decision: decision?.allowed === true, reason: decision ? viewOf(decision) : { code: 'not_granted' } })
}

const isSelf = (caller: OrgCaller, subject: { type: string; id: string }): boolean =>
  caller.kind === 'user' ? subject.type === 'user' && subject.id === caller.userId : subject.type === 'service_account' && subject.id === caller.serviceAccountId

const answer = ({ following }: DecidingDeps, { decision, reason }: { decision: boolean; reason: ReasonView }): EvaluationResponse => ({
  decision,
  context: { revision: revisionNow(following), reason },
})

/** Names of missing attributes are told only where the asker could have stated them. */
const tellable = (name: string): boolean => name.startsWith('resource.') || name.startsWith('action.')

function viewOf({ reason }: Decision | Obstructed): ReasonView {
  switch (reason.code) {
    case 'granted_by_role':
      return { code: reason.code, role: reason.role }
    case 'granted_by_policy':
    case 'denied_by_policy':
      return { code: reason.code, policy: reason.policy }
    case 'denied_for_missing_attribute':
    case 'not_granted_for_missing_attribute': {
      const missing = reason.missing.filter(tellable)
      return { code: reason.code, policy: reason.policy, ...(missing.length > 0 ? { detail: `missing: ${missing.join(', ')}` } : {}) }
    }
    default:
      return { code: reason.code }
  }
}
