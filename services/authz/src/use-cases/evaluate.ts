/** Answers an AuthZEN evaluation (§6). */
import type { EvaluationRequest, EvaluationResponse } from '@gatehouse/contracts/http/authz/evaluation'
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import { answer } from '../domain/decision.ts'
import { outcomeView } from '../domain/reason-view.ts'
import { subjectsFor } from './asked-subjects.ts'
import { requireCurrent, revisionNow } from './currency.ts'
import { requireStated, type DecidingDeps } from './decide-for-caller.ts'
import { readMoment } from './moment.ts'
import { storedAttributesOf } from './stored-resources.ts'

/** @throws AppError `invalid_attribute`, `validation_failed`, `not_current`, `revision_unavailable` */
export async function evaluate(deps: DecidingDeps, caller: OrgCaller, request: EvaluationRequest): Promise<EvaluationResponse> {
  const { subject: named, resource, action, context } = request
  requireCurrent(deps.following)
  const at = await readMoment(deps, context)
  const subject = await subjectsFor(deps, caller)(named, at)
  const storedResource = await storedAttributesOf(deps, subject, { orgId: caller.orgId, resource, at })
  const decision = requireStated(answer(subject, { resource, action, subjectProperties: named.properties, context, storedResource }))
  return { decision: decision.allowed, context: { revision: revisionNow(deps.following), ...outcomeView(decision) } }
}
