/** Answers an AuthZEN evaluation (§6). */
import type { EvaluationRequest, EvaluationResponse } from '@gatehouse/contracts/http/authz/evaluation'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Properties } from '../../domain/attributes.ts'
import { answer, type Answer } from '../../domain/decision.ts'
import { outcomeText, outcomeView } from '../../domain/reason-view.ts'
import { subjectsFor } from '../subjects/subject-access.ts'
import { requireFresh, revisionNow } from './freshness.ts'
import { requireStated, type DecidingDeps } from './decide-for-caller.ts'
import type { DecisionRecorder } from '../../decision-log/decision-recorder.ts'
import { readMoment } from './moment.ts'
import { storedAttributesOf } from '../directory/stored-resources.ts'
import { cachedStoredAttributes, cachedSubjects } from '../subjects/cached-subjects.ts'

/** An answer about now may be recorded. */
export type EvaluatingDeps = DecidingDeps & { readonly decisions: Pick<DecisionRecorder, 'note'> }

/** @throws AppError `invalid_attribute`, `validation_failed`, `not_current`, `revision_unavailable` */
export async function evaluate(
  deps: EvaluatingDeps,
  caller: OrgCaller,
  request: EvaluationRequest,
): Promise<EvaluationResponse> {
  const { subject: named, resource, action, context } = request
  requireFresh(deps.following)
  const at = await readMoment(deps, context)
  const subject = await subjectsFor(deps, caller)(named, at)
  const storedResource = await storedAttributesOf(deps, subject, { orgId: caller.orgId, resource, at })
  const question = { resource, action, subjectProperties: named.properties, context, storedResource }
  const given = requireStated(answer(subject, question))
  if (at === undefined) deps.decisions.note({ orgId: caller.orgId, named, subject, question, given })
  return respond(deps, given)
}

export type AskedAtOnce<Body> = {
  readonly caller: OrgCaller
  readonly body: Body
  readonly clientAddress: string | undefined
}

/** The same from memory, without waiting, as JSON. Undefined, or anything thrown: it takes `evaluate`. */
export function evaluateAtOnce(
  deps: EvaluatingDeps,
  { caller, body, clientAddress }: AskedAtOnce<EvaluationRequest>,
): string | undefined {
  const { subject: named, resource, action, context } = body
  if (namesMoment(context)) return undefined
  requireFresh(deps.following)
  const subject = cachedSubjects(deps, { caller, clientAddress })(named)
  const storedResource = cachedStoredAttributes(deps, subject, { orgId: caller.orgId, resource })
  const question = { resource, action, subjectProperties: named.properties, context, storedResource }
  const given = answer(subject, question)
  if ('errors' in given) return undefined
  deps.decisions.note({ orgId: caller.orgId, named, subject, question, given })
  return `{"decision":${given.allowed},"context":{"revision":"${revisionNow(deps.following)}",${outcomeText(given)}}}`
}

/** Whether it must be waited for, or looked up in the past. */
export const namesMoment = (context: Properties | undefined): boolean =>
  context !== undefined && (context['at_least'] !== undefined || context['at'] !== undefined)

const respond = (deps: DecidingDeps, given: Answer): EvaluationResponse => ({
  decision: given.allowed,
  context: { revision: revisionNow(deps.following), ...outcomeView(given) },
})
