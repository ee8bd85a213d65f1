/**
 * Subjects an application asks about: people and service accounts of its organization, and what it stored in the entity directory. Whoever is not known there is one answer, whether they
 * exist elsewhere or not at all; somebody who has just joined is looked for once more before it is given.
 */
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { entitySubject, ineligible, type Asked, type Ineligible, type Subject } from '../../domain/subject.ts'
import { listMemberIds, listServiceAccountIds } from '../../store/candidates.ts'
import { listEntities } from '../../store/entities.ts'
import { factsAt } from '../../facts/fact-cache.ts'
import { requireAccountKnowable, requireUnparked } from '../decisions/freshness.ts'
import { accountOf, memberOf, type DecidingDeps } from '../decisions/decide-for-caller.ts'
import { organizationContextOf } from './organization-context.ts'
import { findAccountParties, findParties } from './principal-facts.ts'
import type { Candidates } from '../decisions/search-pages.ts'

type Named = { type: string; id: string; at: Date | undefined }

/** Known to nobody here. */
export const unknownSubject = ineligible('subject_not_permitted')

/** The application says where its user came from and how they signed in; of the platform's own it has only the time. */
export function askedByApplication({ clock }: Pick<DecidingDeps, 'clock'>, at: Date | undefined): Asked {
  const nowMs = (at ?? clock.now()).getTime()
  return { nowMs, request: { time: nowMs }, isByApplication: true }
}

/** @throws AppError `not_current` */
export async function findNamed(deps: DecidingDeps, orgId: string, named: Named): Promise<Subject | Ineligible> {
  if (named.type === 'user' && isTypeId('user', named.id))
    return findMember(deps, { orgId, userId: named.id, at: named.at })
  if (named.type === 'service_account' && isTypeId('svc', named.id))
    return findAccount(deps, { orgId, serviceAccountId: named.id, at: named.at })
  return findStored(deps, { orgId, ...named })
}

/** Anything else is looked up in the entity directory; a `user` that is no id of ours may be there too. */
async function findStored(
  deps: DecidingDeps,
  { at, ...which }: { orgId: string } & Named,
): Promise<Subject | Ineligible> {
  const facts = factsAt(deps.factCache, at)
  const [entity, organization] = await Promise.all([facts.entity(which), facts.organization(which.orgId)])
  if (entity === undefined) return unknownSubject
  return organization?.status === 'active'
    ? entitySubject(await organizationContextOf(facts, { orgId: which.orgId }), {
        entity,
        orgId: which.orgId,
        ...askedByApplication(deps, at),
      })
    : ineligible('organization_suspended')
}

async function findMember(
  deps: DecidingDeps,
  { at, ...who }: { orgId: string; userId: string; at: Date | undefined },
): Promise<Subject | Ineligible> {
  const { following, factCache } = deps
  const facts = factsAt(factCache, at)
  let principalFacts = await findParties(facts, who)
  if (at === undefined && (principalFacts.user === undefined || principalFacts.member?.status !== 'active')) {
    await Promise.all([following.identity.pollNow(), following.orgs.pollNow()])
    principalFacts = await findParties(facts, who)
  }
  requireUnparked(following, { ...who, membershipId: principalFacts.member?.id })
  return principalFacts.member === undefined
    ? unknownSubject
    : memberOf(await organizationContextOf(facts, who), principalFacts, { ...who, asked: askedByApplication(deps, at) })
}

async function findAccount(
  deps: DecidingDeps,
  { at, ...who }: { orgId: string; serviceAccountId: string; at: Date | undefined },
): Promise<Subject | Ineligible> {
  const { following, factCache } = deps
  requireAccountKnowable(following, who)
  const facts = factsAt(factCache, at)
  let principalFacts = await findAccountParties(facts, who)
  if (at === undefined && principalFacts.account === undefined) {
    await following.tokens.pollNow()
    principalFacts = await findAccountParties(facts, who)
  }
  return principalFacts.account === undefined
    ? unknownSubject
    : accountOf(await organizationContextOf(facts, { orgId: who.orgId }), principalFacts, {
        ...who,
        asked: askedByApplication(deps, at),
      })
}

export type CandidateSubject = { readonly id: string; readonly subject: Subject | Ineligible }

/** Everybody of a type: those the platform knows, then those in the directory. */
export function allNamed(
  deps: DecidingDeps & { db: Db },
  orgId: string,
  { type, at }: { type: string; at: Date | undefined },
): Candidates<CandidateSubject>[] {
  const facts = factsAt(deps.factCache, at)
  const keyOf = ({ id }: CandidateSubject): string => id
  const known = (prefix: string, listIds: typeof listMemberIds): Candidates<CandidateSubject> => ({
    keyOf,
    isKey: (key) => isTypeId(prefix, key),
    async list(afterId, limit) {
      const ids = await inScope(deps.db, { orgId }, (tx) => listIds(tx, { orgId, afterId, limit, at }))
      return Promise.all(ids.map(async (id) => ({ id, subject: await findNamed(deps, orgId, { type, id, at }) })))
    },
  })
  const stored: Candidates<CandidateSubject> = {
    keyOf,
    async list(afterId, limit) {
      const [entities, organization] = await Promise.all([
        inScope(deps.db, { orgId }, (tx) => listEntities(tx, { orgId, type, afterId, limit, at })),
        facts.organization(orgId),
      ])
      if (organization?.status !== 'active') return []
      const [organizationContext, asked] = [await organizationContextOf(facts, { orgId }), askedByApplication(deps, at)]
      return entities.map((entity) => ({
        id: entity.id,
        subject: entitySubject(organizationContext, { orgId, entity, ...asked }),
      }))
    },
  }
  const ofPlatform =
    type === 'user'
      ? [known('user', listMemberIds)]
      : type === 'service_account'
        ? [known('svc', listServiceAccountIds)]
        : []
  return [...ofPlatform, stored]
}
