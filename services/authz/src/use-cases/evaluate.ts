/** Answers an AuthZEN evaluation (§6). */
import type { EvaluationRequest, EvaluationResponse } from '@gatehouse/contracts/http/authz/evaluation'
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import type { Properties } from '../domain/attributes.ts'
import { answer, type Answer } from '../domain/decision.ts'
import { outcomeView } from '../domain/reason-view.ts'
import { subjectsFor } from './asked-subjects.ts'
import { requireCurrent, revisionNow } from './currency.ts'
import { requireStated, type DecidingDeps } from './decide-for-caller.ts'
import { readMoment } from './moment.ts'
import { storedAttributesOf } from './stored-resources.ts'
import { storedAtHand, subjectsAtHand } from './subjects-at-hand.ts'

/** @throws AppError `invalid_attribute`, `validation_failed`, `not_current`, `revision_unavailable` */
export async function evaluate(deps: DecidingDeps, caller: OrgCaller, request: EvaluationRequest): Promise<EvaluationResponse> {
  const { subject: named, resource, action, context } = request
  requireCurrent(deps.following)
  const at = await readMoment(deps, context)
  const subject = await subjectsFor(deps, caller)(named, at)
  const storedResource = await storedAttributesOf(deps, subject, { orgId: caller.orgId, resource, at })
  return respond(deps, requireStated(answer(subject, { resource, action, subjectProperties: named.properties, context, storedResource })))
}

export type AskedAtOnce<Body> = { readonly caller: OrgCaller; readonly body: Body; readonly clientAddress: string | undefined }

/** The same from memory, without waiting. Undefined, or anything thrown: it takes `evaluate`. */
export function evaluateAtOnce(deps: DecidingDeps, { caller, body, clientAddress }: AskedAtOnce<EvaluationRequest>): EvaluationResponse | undefined {
  const { subject: named, resource, action, context } = body
  if (namesMoment(context)) return undefined
  requireCurrent(deps.following)
  const subject = subjectsAtHand(deps, { caller, clientAddress })(named)
  const storedResource = storedAtHand(deps, subject, { orgId: caller.orgId, resource })
  const given = answer(subject, { resource, action, subjectProperties: named.properties, context, storedResource })
  return 'errors' in given ? undefined : respond(deps, given)
}

/** Whether it must be waited for, or looked up in the past. */
export const namesMoment = (context: Properties | undefined): boolean => context !== undefined && (context['at_least'] !== undefined || context['at'] !== undefined)

const respond = (deps: DecidingDeps, given: Answer): EvaluationResponse => ({ decision: given.allowed, context: { revision: revisionNow(deps.following), ...outcomeView(given) } })
