/**
 * What the subject may do on this resource (AuthZEN §8.6). What depends on an action's own properties is not known to
 * be allowed.
 */
import type { ActionSearchRequest, ActionSearchResponse } from '@gatehouse/contracts/http/authz/search'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { answer } from '../../domain/decision.ts'
import { isSubject } from '../../domain/subject.ts'
import { subjectsFor } from '../../access/subject-access.ts'
import { requireFresh, revisionNow } from '../../facts/freshness.ts'
import { requireStated, type DecidingDeps } from '../../access/decide-for-caller.ts'
import { readMoment } from '../../facts/moment.ts'
import { listed } from '../../subjects/candidates.ts'
import { searchPage } from './search-pages.ts'
import { factsAsOf, Miss } from '../../facts/facts.ts'
import { storedAttributesOf } from '../../subjects/stored-resources.ts'
import { askerOf } from '../../subjects/caller-subject.ts'
import { decideWith } from '../../facts/decide-with.ts'

/**
 * @throws AppError `evaluation_too_expensive`, `invalid_attribute`, `invalid_cursor`, `not_current`,
 * `revision_unavailable`
 */
export async function searchActions(
  deps: DecidingDeps,
  caller: OrgCaller,
  { request, signal }: { request: ActionSearchRequest; signal?: AbortSignal },
): Promise<ActionSearchResponse> {
  const { subject: named, resource, context } = request
  const { orgId } = caller
  const asker = askerOf(caller)
  const { subject, storedResource, revision } = await decideWith(deps, (facts) => {
    requireFresh(deps.following)
    const at = readMoment(deps, context)
    if (at instanceof Miss) return at
    const subject = subjectsFor(deps, facts, asker)(named, at)
    if (subject instanceof Miss) return subject
    const storedResource = storedAttributesOf(factsAsOf(facts, at), subject, { orgId, resource })
    return storedResource instanceof Miss
      ? storedResource
      : { subject, storedResource, revision: revisionNow(deps.following) }
  })
  const actions = isSubject(subject) ? [...(subject.model.catalog.types.get(resource.type)?.actions.keys() ?? [])] : []
  const found = await searchPage(request, [listed(actions, (name) => name)], {
    orgId,
    signal,
    resultOf: (name, budget) =>
      requireStated(
        answer(
          subject,
          { resource, action: { name }, subjectProperties: named.properties, context, storedResource },
          budget,
        ),
      ).allowed
        ? { name }
        : undefined,
  })
  return { ...found, context: { revision } }
}
