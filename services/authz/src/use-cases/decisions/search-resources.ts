/** On which stored resources of this type the subject may do this action (AuthZEN §8.5). */
import type { EntitySearchResponse, ResourceSearchRequest } from '@gatehouse/contracts/http/authz/search'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { answer } from '../../domain/decision.ts'
import { isSubject } from '../../domain/subject.ts'
import { requireStated, type DecidingDeps } from '../../access/decide-for-caller.ts'
import { searchPage } from './search-pages.ts'
import { candidateResources } from '../../subjects/stored-resources.ts'
import { findSubject } from './find-subject.ts'

/**
 * @throws AppError `evaluation_too_expensive`, `invalid_attribute`, `invalid_cursor`, `not_current`,
 * `revision_unavailable`
 */
export async function searchResources(
  deps: DecidingDeps & { db: Db },
  caller: OrgCaller,
  { request, signal }: { request: ResourceSearchRequest; signal?: AbortSignal },
): Promise<EntitySearchResponse> {
  const { subject: named, action, resource: sought, context } = request
  const { subject, at, revision } = await findSubject(deps, caller, { named, context })
  const found = await searchPage(
    request,
    isSubject(subject) ? candidateResources(deps, caller, { type: sought.type, at }) : [],
    {
      orgId: caller.orgId,
      signal,
      resultOf: ({ id, attributes }, budget) => {
        const resource = { type: sought.type, id, properties: sought.properties }
        return requireStated(
          answer(
            subject,
            { resource, action, subjectProperties: named.properties, context, storedResource: attributes },
            budget,
          ),
        ).allowed
          ? { type: sought.type, id }
          : undefined
      },
    },
  )
  return { ...found, context: { revision } }
}
