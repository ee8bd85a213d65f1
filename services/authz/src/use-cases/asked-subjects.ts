/** Whom a caller may ask about. A person's token asks about that person in the organization of the token, and about nobody else. */
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import type { Entity } from '../domain/authzen-request.ts'
import { obstructed, type Obstructed, type Subject } from '../domain/decision.ts'
import { memberAsking, type DecidingDeps } from './decide-for-caller.ts'
import type { Candidates } from './search-pages.ts'

/** Finds what is known of a subject; asked for the same one twice, it looks once. */
export type FindSubject = (named: Pick<Entity, 'type' | 'id'>) => Promise<Subject | Obstructed>

const notPermitted = obstructed('subject_not_permitted')

/** The subjects of one request. @throws AppError `not_current`, `revision_unavailable` (from what it returns) */
export function subjectsFor(deps: DecidingDeps, caller: OrgCaller): FindSubject {
  let self: Promise<Subject | Obstructed> | undefined
  return async ({ type, id }) => (type === 'user' && id === caller.userId ? (self ??= memberAsking(deps, caller)) : notPermitted)
}

export type CandidateSubject = { readonly id: string; readonly subject: Subject | Obstructed }

/** Everybody of this type the caller may ask about, in the order of a search. */
export function candidateSubjects(deps: DecidingDeps, caller: OrgCaller, type: string): Candidates<CandidateSubject>[] {
  if (type !== 'user') return []
  const self = async () => [{ id: caller.userId, subject: await memberAsking(deps, caller) }]
  return [{ list: async (after) => (after === undefined ? self() : []), keyOf: ({ id }) => id }]
}
