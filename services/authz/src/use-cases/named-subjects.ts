/**
 * Subjects an application asks about: people and service accounts of its organization. Whoever is not known there is one answer, whether they
 * exist elsewhere or not at all; somebody who has just joined is looked for once more before it is given.
 */
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { obstructed, type Asked, type Obstructed, type Subject } from '../domain/decision.ts'
import { requireAccountKnowable, requireUnparked } from './currency.ts'
import { accountOf, memberOf, type DecidingDeps } from './decide-for-caller.ts'
import { findAccountParties, findParties } from './parties.ts'

type Named = { type: string; id: string; at: Date | undefined }

const unknown = obstructed('subject_not_permitted')

/** The application says where its user came from and how they signed in; of the platform's own it has only the time. */
function askedByApplication({ clock }: Pick<DecidingDeps, 'clock'>, at: Date | undefined): Asked {
  const nowMs = (at ?? clock.now()).getTime()
  return { nowMs, request: { time: nowMs }, isByApplication: true }
}

/** @throws AppError `not_current` */
export async function findNamed(deps: DecidingDeps, orgId: string, named: Named): Promise<Subject | Obstructed> {
  if (named.type === 'user' && isTypeId('user', named.id)) return findMember(deps, { orgId, userId: named.id, at: named.at })
  if (named.type === 'service_account' && isTypeId('svc', named.id)) return findAccount(deps, { orgId, serviceAccountId: named.id, at: named.at })
  return unknown
}

async function findMember(deps: DecidingDeps, { at, ...who }: { orgId: string; userId: string; at: Date | undefined }): Promise<Subject | Obstructed> {
  const { following, knowledge } = deps
  const facts = at === undefined ? knowledge : knowledge.asOf(at)
  let parties = await findParties(facts, who)
  if (at === undefined && (parties.user === undefined || parties.member?.status !== 'active')) {
    await Promise.all([following.identity.pollNow(), following.orgs.pollNow()])
    parties = await findParties(facts, who)
  }
  await requireUnparked(following, { ...who, membershipId: parties.member?.id })
  return parties.member === undefined ? unknown : memberOf(facts, parties, { ...who, asked: askedByApplication(deps, at) })
}

async function findAccount(deps: DecidingDeps, { at, ...who }: { orgId: string; serviceAccountId: string; at: Date | undefined }): Promise<Subject | Obstructed> {
  const { following, knowledge } = deps
  await requireAccountKnowable(following, who)
  const facts = at === undefined ? knowledge : knowledge.asOf(at)
  let parties = await findAccountParties(facts, who)
  if (at === undefined && parties.account === undefined) {
    await following.tokens.pollNow()
    parties = await findAccountParties(facts, who)
  }
  return parties.account === undefined ? unknown : accountOf(facts, parties, { ...who, asked: askedByApplication(deps, at) })
}
