/** What the entity directory says of resources: one a question is about, or all of a type a search looks through. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import type { Properties } from '../domain/attributes.ts'
import { isSubject, type Ineligible, type Subject } from '../domain/subject.ts'
import { listEntities } from '../store/entities.ts'
import { Miss, type Facts } from '../facts/facts.ts'
import type { Candidates } from './candidates.ts'

/**
 * Undefined where nothing is on record, or where nothing on record could matter: then nobody looks. `facts`: of the
 * moment the question is about.
 */
export function storedAttributesOf(
  facts: Pick<Facts, 'entity'>,
  subject: Subject | Ineligible,
  { orgId, resource }: { readonly orgId: string; readonly resource: { readonly type: string; readonly id: string } },
): Properties | undefined | Miss {
  if (!isSubject(subject) || subject.model.catalog.types.get(resource.type)?.isStored !== true) return undefined
  const entity = facts.entity({ orgId, type: resource.type, id: resource.id })
  return entity instanceof Miss ? entity : entity?.attributes
}

export type StoredResource = { readonly id: string; readonly attributes: Properties }

/** In the order of their ids. */
export const candidateResources = (
  { db }: { db: Db },
  { orgId }: OrgCaller,
  { type, at }: { type: string; at: Date | undefined },
): Candidates<StoredResource>[] => [
  {
    list: (afterId, limit) => inScope(db, { orgId }, (tx) => listEntities(tx, { orgId, type, afterId, limit, at })),
    keyOf: ({ id }) => id,
  },
]
