/** Whom a caller may ask about. A person's token asks about that person in the organization of the token, and about nobody else. */
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import type { Entity } from '../domain/authzen-request.ts'
import { obstructed, type Obstructed, type Subject } from '../domain/decision.ts'
import { callerAsSubject, type DecidingDeps } from './decide-for-caller.ts'
import type { Candidates } from './search-pages.ts'

/** Finds what is known of a subject, now or at a moment of the past; asked for the same one twice, it looks once. */
export type FindSubject = (named: Pick<Entity, 'type' | 'id'>, at?: Date) => Promise<Subject | Obstructed>

const notPermitted = obstructed('subject_not_permitted')
const selfOf = (caller: OrgCaller): Pick<Entity, 'type' | 'id'> => (caller.kind === 'user' ? { type: 'user', id: caller.userId } : { type: 'service_account', id: caller.serviceAccountId })

/** The subjects of one request. @throws AppError `not_current`, `revision_unavailable` (from what it returns) */
export function subjectsFor(deps: DecidingDeps, caller: OrgCaller): FindSubject {
  const self = selfOf(caller)
  const found = new Map<number | undefined, Promise<Subject | Obstructed>>()
  return async ({ type, id }, at) => {
    if (type !== self.type || id !== self.id) return notPermitted
    const known = found.get(at?.getTime()) ?? callerAsSubject(deps, caller, at)
    found.set(at?.getTime(), known)
    return known
  }
}

export type CandidateSubject = { readonly id: string; readonly subject: Subject | Obstructed }

/** Everybody of this type the caller may ask about, in the order of a search. */
export function candidateSubjects(deps: DecidingDeps, caller: OrgCaller, { type, at }: { type: string; at: Date | undefined }): Candidates<CandidateSubject>[] {
  const self = selfOf(caller)
  if (type !== self.type) return []
  return [{ list: async (after) => (after === undefined ? [{ id: self.id, subject: await callerAsSubject(deps, caller, at) }] : []), keyOf: ({ id }) => id }]
}
