/**
 * Whom a caller may ask about. A person's token asks about that person in the organization of the token, and about nobody else; a service account
 * with the right to evaluate asks about anybody of its organization.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import type { Entity } from '../../domain/authzen-request.ts'
import { ineligible, type Ineligible, type Subject } from '../../domain/subject.ts'
import { permissions } from '../../domain/platform.ts'
import { callerAsSubject, decideForCaller, questionOf, type DecidingDeps } from '../decisions/decide-for-caller.ts'
import { allNamed, findNamed, type CandidateSubject } from './subject-lookup.ts'
import type { Candidates } from '../decisions/search-pages.ts'

/** Finds what is known of a subject, now or at a moment of the past; asked for the same one twice, it looks once. */
export type FindSubject = (named: Pick<Entity, 'type' | 'id'>, at?: Date) => Promise<Subject | Ineligible>

export const notPermitted = ineligible('subject_not_permitted')
export const selfOf = (caller: OrgCaller): Pick<Entity, 'type' | 'id'> =>
  caller.kind === 'user'
    ? { type: 'user', id: caller.userId }
    : { type: 'service_account', id: caller.serviceAccountId }

/** The subjects of one request. @throws AppError `not_current`, `revision_unavailable` (from what it returns) */
export function subjectsFor(deps: DecidingDeps, caller: OrgCaller): FindSubject {
  const self = selfOf(caller)
  const found = new Map<string, Promise<Subject | Ineligible>>()
  let mayNameOthers: Promise<boolean> | undefined
  const find: FindSubject = async (named, at) => {
    if (named.type === self.type && named.id === self.id) return callerAsSubject(deps, caller, at)
    mayNameOthers ??= isEvaluator(deps, caller)
    return (await mayNameOthers) ? findNamed(deps, caller.orgId, { ...named, at }) : notPermitted
  }
  return async (named, at) => {
    const key = `${named.type} ${named.id} ${at?.getTime() ?? ''}`
    const known = found.get(key) ?? find(named, at)
    found.set(key, known)
    return known
  }
}

/** The right to ask about others is only ever a service account's: a person's token asks about that person. */
async function isEvaluator(deps: DecidingDeps, caller: OrgCaller): Promise<boolean> {
  if (caller.kind !== 'service_account') return false
  const [decision] = await decideForCaller(deps, caller, [questionOf(permissions.evaluateOthers, caller.orgId)])
  return decision?.allowed === true
}

/** Everybody of this type the caller may ask about, in the order of a search. */
export async function candidateSubjects(
  deps: DecidingDeps & { db: Db },
  caller: OrgCaller,
  sought: { type: string; at: Date | undefined },
): Promise<Candidates<CandidateSubject>[]> {
  if (await isEvaluator(deps, caller)) return allNamed(deps, caller.orgId, sought)
  const self = selfOf(caller)
  if (sought.type !== self.type) return []
  return [
    {
      list: async (after) =>
        after === undefined ? [{ id: self.id, subject: await callerAsSubject(deps, caller, sought.at) }] : [],
      keyOf: ({ id }) => id,
    },
  ]
}
