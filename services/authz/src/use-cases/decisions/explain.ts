/**
 * Explains an evaluation to whoever may read policies. What a resource is on record as stays the application's: a
 * person sees the parts of a condition they could have stated and what is known of themself.
 */
import type { EvaluationRequest } from '@gatehouse/contracts/http/authz/evaluation'
import type { ExplanationResponse } from '@gatehouse/contracts/http/authz/explanation'
import { explaining } from '@gatehouse/policy/explain/explain'
import { suggesting } from '@gatehouse/policy/explain/suggest'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { insufficientScope, isBeyondKey, requestFor } from '../../domain/decision.ts'
import { isSubject } from '../../domain/subject.ts'
import { outcomeView } from '../../domain/reason-view.ts'
import { factsAsOf } from '../../facts/facts.ts'
import { attributesShownTo, requireExplainer } from '../../access/decision-access.ts'
import { decideWith } from '../../facts/decide-with.ts'
import type { DecidingDeps } from '../../access/decide-for-caller.ts'
import { findSubject } from './find-subject.ts'
import { possibleChanges } from './possible-changes.ts'
import { storedAttributesOf } from '../../subjects/stored-resources.ts'

/**
 * @throws AppError `evaluation_too_expensive`, `forbidden`, `invalid_attribute`, `validation_failed`, `not_current`,
 * `revision_unavailable`
 */
export async function explain(
  deps: DecidingDeps,
  caller: OrgCaller,
  { request, signal }: { request: EvaluationRequest; signal?: AbortSignal },
): Promise<ExplanationResponse> {
  const { subject: named, resource, action, context } = request
  await requireExplainer(deps, caller)
  const { subject, at, revision } = await findSubject(deps, caller, { named, context })
  const closed = isSubject(subject) ? (isBeyondKey(subject, request) ? insufficientScope : undefined) : subject
  if (!isSubject(subject) || closed !== undefined)
    return {
      decision: false,
      context: { revision, ...outcomeView(closed ?? insufficientScope) },
      roles: [],
      policies: [],
      suggestions: [],
    }
  const storedResource = await decideWith(deps, (facts) =>
    storedAttributesOf(factsAsOf(facts, at), subject, { orgId: caller.orgId, resource }),
  )
  const question = { resource, action, subjectProperties: named.properties, context, storedResource }
  const asked = requestFor(subject, question)
  if ('errors' in asked) throw problem('invalid_attribute', { errors: [...asked.errors] })
  const mayKnow = attributesShownTo(caller, subject, resource.type)
  const { set } = subject.model
  const turns = { work: 'explanation', key: caller.orgId, signal }
  const { decision, roles, policies } = await inTurns(explaining(set, asked, { mayKnow }), turns)
  if (decision.reason.code === 'evaluation_too_expensive') throw problem('evaluation_too_expensive')
  const { options, permitted } = await possibleChanges(deps, caller, { named, subject, question })
  const suggestions = permitted(await inTurns(suggesting(set, asked, { mayKnow, ...options }), turns))
  return {
    decision: decision.allowed,
    context: { revision, ...outcomeView(decision) },
    roles: [...roles],
    policies: [...policies],
    suggestions,
  }
}
