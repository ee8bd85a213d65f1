/** Answers an AuthZEN evaluation (§6). */
import type { EvaluationRequest, EvaluationResponse } from '@gatehouse/contracts/http/authz/evaluation'
import { createBudget, isSpent, stepsPerEvaluation } from '@gatehouse/policy/compile/budget'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { answer, type Answer } from '../../domain/decision.ts'
import type { Answered } from '../../domain/recorded-decision.ts'
import { outcomeText, outcomeView } from '../../domain/reason-view.ts'
import { factsAsOf, Miss, type Facts } from '../../facts/facts.ts'
import type { DecisionRecorder } from '../../decision-log/decision-recorder.ts'
import { storedAttributesOf } from '../../subjects/stored-resources.ts'
import { askerOf, type Asker } from '../../subjects/caller-subject.ts'
import { subjectFor } from '../../access/subject-access.ts'
import { requireStated, type DecidingDeps } from '../../access/decide-for-caller.ts'
import { decideWith } from '../../facts/decide-with.ts'
import { requireFresh, revisionNow } from '../../facts/freshness.ts'
import { readMoment } from '../../facts/moment.ts'

/** An answer about now may be recorded. */
export type EvaluatingDeps = DecidingDeps & { readonly decisions: Pick<DecisionRecorder, 'note'> }

/**
 * @throws AppError `evaluation_too_expensive`, `invalid_attribute`, `validation_failed`, `not_current`,
 * `revision_unavailable`
 */
export async function evaluate(
  deps: EvaluatingDeps,
  caller: OrgCaller,
  request: EvaluationRequest,
): Promise<EvaluationResponse> {
  const asker = askerOf(caller)
  const decided = await decideWith(deps, (facts) => decideOne(deps, facts, { asker, request }))
  const given = requireStated(decided.answered.given)
  note(deps, decided)
  return { decision: given.allowed, context: { revision: decided.revision, ...outcomeView(given) } }
}

export type AskedAtOnce<Body> = Asker & { readonly body: Body }

/** The same as JSON, where everything is in memory. Undefined, or anything thrown: it takes `evaluate`. */
export function evaluateAtOnce(deps: EvaluatingDeps, asked: AskedAtOnce<EvaluationRequest>): string | undefined {
  const decided = decideOne(deps, deps.factCache.known, { asker: asked, request: asked.body })
  if (decided instanceof Miss) return undefined
  const { given } = decided.answered
  if ('errors' in given) return undefined
  note(deps, decided)
  return `{"decision":${given.allowed},"context":{"revision":"${decided.revision}",${outcomeText(given)}}}`
}

type Decided = {
  readonly answered: Answered & { readonly given: Answer }
  readonly at: Date | undefined
  /** What the facts that were decided on rest on. */
  readonly revision: string
}

function decideOne(
  deps: EvaluatingDeps,
  facts: Facts,
  { asker, request }: { asker: Asker; request: EvaluationRequest },
): Decided | Miss {
  const { subject: named, resource, action, context } = request
  const { orgId } = asker.caller
  requireFresh(deps.following, deps.clock.monotonicMs())
  const at = readMoment(deps, context)
  if (at instanceof Miss) return at
  const subject = subjectFor(deps, facts, { asker, named, at })
  if (subject instanceof Miss) return subject
  const storedResource = storedAttributesOf(factsAsOf(facts, at), subject, { orgId, resource })
  if (storedResource instanceof Miss) return storedResource
  const question = { resource, action, subjectProperties: named.properties, context, storedResource }
  const budget = createBudget(stepsPerEvaluation)
  const given = answer(subject, question, budget)
  if (isSpent(budget)) throw problem('evaluation_too_expensive')
  return { answered: { orgId, named, subject, question, given }, at, revision: revisionNow(deps.following) }
}

function note({ decisions }: EvaluatingDeps, { answered, at }: Decided): void {
  if (at === undefined) decisions.note(answered)
}
