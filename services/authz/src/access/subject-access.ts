/**
 * Whom a caller may ask about. A person's token asks about that person in the organization of the token, and about
 * nobody else; a service account with the right to evaluate asks about anybody of its organization.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import type { Entity } from '../domain/authzen-request.ts'
import { ineligible } from '../domain/subject.ts'
import { Miss, type Facts } from '../facts/facts.ts'
import { decideWith } from '../facts/decide-with.ts'
import type { Candidates } from '../subjects/candidates.ts'
import { callerSubject, type Asker, type DecidingDeps, type FoundSubject } from '../subjects/caller-subject.ts'
import { candidatesNamed, namedSubject, type CandidateSubject } from '../subjects/subject-lookup.ts'
import { isEvaluator } from './decision-access.ts'

type Named = Pick<Entity, 'type' | 'id'>

const notPermitted = ineligible('subject_not_permitted')
const selfOf = (caller: OrgCaller): Named =>
  caller.kind === 'user'
    ? { type: 'user', id: caller.userId }
    : { type: 'service_account', id: caller.serviceAccountId }

/** Finds the subjects of one request, now or at a moment of the past; asked for the same one twice, it looks once. */
export type FindSubject = (named: Named, at?: Date) => FoundSubject

type Asking = { readonly asker: Asker; readonly named: Named; readonly at?: Date | undefined }

/** The subject of one question. @throws AppError `not_current`, `revision_unavailable` */
export function subjectFor(deps: DecidingDeps, facts: Facts, { asker, named, at }: Asking): FoundSubject {
  if (isSelf(asker.caller, named)) return callerSubject(deps, facts, asker, at)
  const mayNameOthers = isEvaluator(deps, facts, asker)
  if (mayNameOthers instanceof Miss) return mayNameOthers
  return mayNameOthers ? subjectNamed(deps, facts, { asker, named, at }) : notPermitted
}

const isSelf = (caller: OrgCaller, { type, id }: Named): boolean =>
  caller.kind === 'user'
    ? id === caller.userId && type === 'user'
    : id === caller.serviceAccountId && type === 'service_account'

const subjectNamed = (
  deps: DecidingDeps,
  facts: Facts,
  { asker, named, at }: Asking & { at: Date | undefined },
): FoundSubject => namedSubject(deps, facts, { orgId: asker.caller.orgId, type: named.type, id: named.id, at })

/** @throws AppError `not_current`, `revision_unavailable` (from what it returns) */
export function subjectsFor(deps: DecidingDeps, facts: Facts, asker: Asker): FindSubject {
  const found = new Map<string, FoundSubject>()
  let last: { readonly named: Named; readonly at: Date | undefined; readonly subject: FoundSubject } | undefined
  let mayNameOthers: boolean | Miss | undefined
  const find: FindSubject = (named, at) => {
    if (isSelf(asker.caller, named)) return callerSubject(deps, facts, asker, at)
    mayNameOthers ??= isEvaluator(deps, facts, asker)
    if (mayNameOthers instanceof Miss) return mayNameOthers
    return mayNameOthers ? subjectNamed(deps, facts, { asker, named, at }) : notPermitted
  }
  return (named, at) => {
    // Most requests go through one subject's questions one after another.
    if (last !== undefined && last.at === at && last.named.id === named.id && last.named.type === named.type)
      return last.subject
    const key = `${at?.getTime() ?? ''} ${named.type.length} ${named.type} ${named.id}`
    const subject = found.get(key) ?? find(named, at)
    found.set(key, subject)
    last = { named, at, subject }
    return subject
  }
}

/** Everybody of this type the caller may ask about, in the order of a search. */
export async function candidateSubjects(
  deps: DecidingDeps & { db: Db },
  asker: Asker,
  { type, at }: { type: string; at: Date | undefined },
): Promise<Candidates<CandidateSubject>[]> {
  const { caller } = asker
  if (await decideWith(deps, (facts) => isEvaluator(deps, facts, asker)))
    return candidatesNamed(deps, { orgId: caller.orgId, type, at })
  const self = selfOf(caller)
  if (type !== self.type) return []
  const find = () => decideWith(deps, (facts) => callerSubject(deps, facts, asker, at))
  return [
    {
      list: async (after) => (after === undefined ? [{ id: self.id, subject: await find() }] : []),
      keyOf: ({ id }) => id,
    },
  ]
}
