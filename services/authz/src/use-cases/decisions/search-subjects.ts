/** Who may do this action on this resource (AuthZEN §8.4). A person is told about themself only. */
import type { EntitySearchResponse, SubjectSearchRequest } from '@gatehouse/contracts/http/authz/search'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { answer } from '../../domain/decision.ts'
import { factsAt } from '../../facts/fact-cache.ts'
import { candidateSubjects } from '../subjects/subject-access.ts'
import { requireFresh, revisionNow } from './freshness.ts'
import { requireStated, type DecidingDeps } from './decide-for-caller.ts'
import { readMoment } from './moment.ts'
import { searchPage } from './search-pages.ts'

/** @throws AppError `invalid_attribute`, `invalid_cursor`, `not_current`, `revision_unavailable` */
export async function searchSubjects(
  deps: DecidingDeps & { db: Db },
  caller: OrgCaller,
  request: SubjectSearchRequest,
): Promise<EntitySearchResponse> {
  const { subject: sought, resource, action, context } = request
  requireFresh(deps.following)
  const at = await readMoment(deps, context)
  const facts = factsAt(deps.factCache, at)
  const onRecord = await facts.entity({ orgId: caller.orgId, type: resource.type, id: resource.id })
  const question = {
    resource,
    action,
    subjectProperties: sought.properties,
    context,
    storedResource: onRecord?.attributes,
  }
  const found = await searchPage(
    request,
    await candidateSubjects(deps, caller, { type: sought.type, at }),
    ({ id, subject }) => (requireStated(answer(subject, question)).allowed ? { type: sought.type, id } : undefined),
  )
  return { ...found, context: { revision: revisionNow(deps.following) } }
}
