/**
 * Subjects an application asks about: people and service accounts of its organization, and what it stored in the entity
 * directory. A subject that is not known there is one answer, whether it exists elsewhere or not at all; somebody who
 * has just joined is polled for before that answer is given.
 */
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { entitySubject, ineligible, type Asked, type Ineligible, type Subject } from '../domain/subject.ts'
import { factsAsOf, findAll, Miss, missOf, needPoll, type Facts } from '../facts/facts.ts'
import { listMemberIds, listServiceAccountIds } from '../store/candidates.ts'
import { listEntities } from '../store/entities.ts'
import { decideWith } from '../facts/decide-with.ts'
import { requireAccountKnowable, requireUnparked } from '../facts/freshness.ts'
import type { Candidates } from './candidates.ts'
import { accountOf, memberOf, type DecidingDeps, type FoundSubject } from './caller-subject.ts'
import { organizationContextOf } from './organization-context.ts'
import { readAccount, readNewcomer } from './principal-facts.ts'

type Named = { readonly orgId: string; readonly type: string; readonly id: string; readonly at: Date | undefined }

/** Known to nobody here. */
export const unknownSubject = ineligible('subject_not_permitted')

/** The application says where its user came from and how they signed in; of the platform's own it has only the time. */
function askedByApplication({ clock }: Pick<DecidingDeps, 'clock'>, at: Date | undefined): Asked {
  const nowMs = (at ?? clock.now()).getTime()
  return { nowMs, request: { time: nowMs }, isByApplication: true }
}

/** @throws AppError `not_current` */
export function namedSubject(deps: DecidingDeps, facts: Facts, { orgId, type, id, at }: Named): FoundSubject {
  const moment = factsAsOf(facts, at)
  const asked = askedByApplication(deps, at)
  if (type === 'user' && isTypeId('user', id)) return namedMember(deps, moment, { orgId, userId: id, asked })
  if (type === 'service_account' && isTypeId('svc', id))
    return namedAccount(deps, moment, { orgId, serviceAccountId: id, asked })
  return storedSubject(moment, { orgId, type, id, asked })
}

function namedMember(
  { following }: DecidingDeps,
  facts: Facts,
  o: { orgId: string; userId: string; asked: Asked },
): FoundSubject {
  const principalFacts = readNewcomer(facts, o)
  if (principalFacts instanceof Miss) return principalFacts
  requireUnparked(following, { userId: o.userId, orgId: o.orgId, membershipId: principalFacts.member?.id })
  if (principalFacts.member === undefined) return unknownSubject
  const context = organizationContextOf(facts, o)
  return context instanceof Miss ? context : memberOf(context, principalFacts, o)
}

function namedAccount(
  { following }: DecidingDeps,
  facts: Facts,
  o: { orgId: string; serviceAccountId: string; asked: Asked },
): FoundSubject {
  requireAccountKnowable(following, o)
  const accountFacts = readAccount(facts, o)
  if (accountFacts instanceof Miss) return accountFacts
  if (accountFacts.account === undefined) return needPoll(facts, ['tokens']) ?? unknownSubject
  const context = organizationContextOf(facts, { orgId: o.orgId })
  return context instanceof Miss ? context : accountOf(context, accountFacts, o)
}

/** Anything else is looked up in the entity directory; a `user` that is no id of ours may be there too. */
function storedSubject(
  facts: Facts,
  { asked, ...which }: { orgId: string; type: string; id: string; asked: Asked },
): FoundSubject {
  const entity = facts.entity(which)
  const organization = facts.organization(which.orgId)
  if (entity instanceof Miss || organization instanceof Miss) return missOf(entity, organization)
  if (entity === undefined) return unknownSubject
  if (organization?.status !== 'active') return ineligible('organization_suspended')
  const context = organizationContextOf(facts, { orgId: which.orgId })
  return context instanceof Miss ? context : entitySubject(context, { orgId: which.orgId, entity, ...asked })
}

export type CandidateSubject = { readonly id: string; readonly subject: Subject | Ineligible }
type Sought = { readonly orgId: string; readonly type: string; readonly at: Date | undefined }

/** Everybody of a type: those the platform knows, then those in the directory. */
export function candidatesNamed(deps: DecidingDeps & { db: Db }, sought: Sought): Candidates<CandidateSubject>[] {
  const stored = storedCandidates(deps, sought)
  if (sought.type === 'user')
    return [platformCandidates(deps, sought, { prefix: 'user', listIds: listMemberIds }), stored]
  if (sought.type === 'service_account')
    return [platformCandidates(deps, sought, { prefix: 'svc', listIds: listServiceAccountIds }), stored]
  return [stored]
}

const platformCandidates = (
  deps: DecidingDeps & { db: Db },
  { orgId, type, at }: Sought,
  o: { prefix: string; listIds: typeof listMemberIds },
): Candidates<CandidateSubject> => ({
  keyOf: ({ id }) => id,
  isKey: (key) => isTypeId(o.prefix, key),
  async list(afterId, limit) {
    const ids = await inScope(deps.db, { orgId }, (tx) => o.listIds(tx, { orgId, afterId, limit, at }))
    return decideWith(deps, (facts) =>
      findAll(ids, (id) => {
        const subject = namedSubject(deps, facts, { orgId, type, id, at })
        return subject instanceof Miss ? subject : { id, subject }
      }),
    )
  },
})

const storedCandidates = (
  deps: DecidingDeps & { db: Db },
  { orgId, type, at }: Sought,
): Candidates<CandidateSubject> => ({
  keyOf: ({ id }) => id,
  async list(afterId, limit) {
    const entities = await inScope(deps.db, { orgId }, (tx) => listEntities(tx, { orgId, type, afterId, limit, at }))
    const around = await decideWith(deps, (facts) => {
      const organization = factsAsOf(facts, at).organization(orgId)
      const context = organizationContextOf(factsAsOf(facts, at), { orgId })
      return organization instanceof Miss || context instanceof Miss
        ? missOf(organization, context)
        : { organization, context }
    })
    if (around.organization?.status !== 'active') return []
    const asked = askedByApplication(deps, at)
    return entities.map((entity) => ({
      id: entity.id,
      subject: entitySubject(around.context, { orgId, entity, ...asked }),
    }))
  },
})
