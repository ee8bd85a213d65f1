/** Who may do this action on this resource (AuthZEN §8.4). A person is told about themself only. */
import type { EntitySearchResponse, SubjectSearchRequest } from '@gatehouse/contracts/http/authz/search'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { answer } from '../../domain/decision.ts'
import { factsAsOf, Miss } from '../../facts/facts.ts'
import { askerOf } from '../../subjects/caller-subject.ts'
import { decideWith } from '../../facts/decide-with.ts'
import { candidateSubjects } from '../../access/subject-access.ts'
import { requireFresh, revisionNow } from '../../facts/freshness.ts'
import { requireStated, type DecidingDeps } from '../../access/decide-for-caller.ts'
import { readMoment } from '../../facts/moment.ts'
import { searchPage } from './search-pages.ts'

/**
 * @throws AppError `evaluation_too_expensive`, `invalid_attribute`, `invalid_cursor`, `not_current`,
 * `revision_unavailable`
 */
export async function searchSubjects(
  deps: DecidingDeps & { db: Db },
  caller: OrgCaller,
  { request, signal }: { request: SubjectSearchRequest; signal?: AbortSignal },
): Promise<EntitySearchResponse> {
  const { subject: sought, resource, action, context } = request
  const { at, onRecord, revision } = await decideWith(deps, (facts) => {
    requireFresh(deps.following)
    const at = readMoment(deps, context)
    if (at instanceof Miss) return at
    const onRecord = factsAsOf(facts, at).entity({ orgId: caller.orgId, type: resource.type, id: resource.id })
    return onRecord instanceof Miss ? onRecord : { at, onRecord, revision: revisionNow(deps.following) }
  })
  const question = {
    resource,
    action,
    subjectProperties: sought.properties,
    context,
    storedResource: onRecord?.attributes,
  }
  const found = await searchPage(request, await candidateSubjects(deps, askerOf(caller), { type: sought.type, at }), {
    orgId: caller.orgId,
    signal,
    resultOf: ({ id, subject }, budget) =>
      requireStated(answer(subject, question, budget)).allowed ? { type: sought.type, id } : undefined,
  })
  return { ...found, context: { revision } }
}
