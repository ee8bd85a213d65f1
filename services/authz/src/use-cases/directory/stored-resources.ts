/** What the entity directory says of resources: one a question is about, or all of a type a search looks through. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import type { Properties } from '../../domain/attributes.ts'
import { isSubject, type Ineligible, type Subject } from '../../domain/subject.ts'
import { listEntities } from '../../store/entities.ts'
import { factsAt } from '../../facts/fact-cache.ts'
import type { DecidingDeps } from '../decisions/decide-for-caller.ts'
import type { Candidates } from '../decisions/search-pages.ts'

type Asked = {
  readonly orgId: string
  readonly resource: { readonly type: string; readonly id: string }
  readonly at: Date | undefined
}

/** Undefined where nothing is on record, or where nothing on record could matter: then nobody looks. */
export async function storedAttributesOf(
  { factCache }: Pick<DecidingDeps, 'factCache'>,
  subject: Subject | Ineligible,
  { orgId, resource, at }: Asked,
): Promise<Properties | undefined> {
  if (!isSubject(subject) || subject.model.catalog.types.get(resource.type)?.isStored !== true) return undefined
  const facts = factsAt(factCache, at)
  return (await facts.entity({ orgId, ...resource }))?.attributes
}

type Placed =
  | {
      readonly subject: Subject | Ineligible | undefined
      readonly resource: { readonly type: string; readonly id: string }
      readonly at: Date | undefined
    }
  | undefined

/** The same for many questions at once: one look per type and moment. */
export async function storedAttributesOfMany(
  { factCache }: Pick<DecidingDeps, 'factCache'>,
  orgId: string,
  questions: readonly Placed[],
): Promise<(Properties | undefined)[]> {
  const found: (Properties | undefined)[] = questions.map(() => undefined)
  const groups = new Map<string, { type: string; at: Date | undefined; ids: Map<string, number[]> }>()
  questions.forEach((question, place) => {
    if (
      !question?.subject ||
      !isSubject(question.subject) ||
      question.subject.model.catalog.types.get(question.resource.type)?.isStored !== true
    )
      return
    const { resource, at } = question
    const key = `${at?.getTime() ?? ''} ${resource.type}`
    const group = groups.get(key) ?? { type: resource.type, at, ids: new Map<string, number[]>() }
    groups.set(key, group)
    group.ids.set(resource.id, [...(group.ids.get(resource.id) ?? []), place])
  })
  for (const { type, at, ids } of groups.values()) {
    const entities = await factsAt(factCache, at).entities({ orgId, type, ids: [...ids.keys()] })
    ;[...ids.values()].forEach((places, index) =>
      places.forEach((place) => (found[place] = entities[index]?.attributes)),
    )
  }
  return found
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
