/**
 * What decisions rest on, read without waiting. A fact that is not in memory is a `Miss`: a value that says what must
 * be loaded, polled or waited for. Everything that decides takes `Facts`, so a decision is the same whether they lie in
 * a cache, were loaded for one request or are of the past.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type {
  EntityFacts,
  HeldRole,
  MemberFacts,
  OrganizationFacts,
  ServiceAccountFacts,
  UserFacts,
} from '../domain/facts.ts'
import type { PolicyModel } from '../domain/policy-model.ts'
import type { Ineligible, Subject } from '../domain/subject.ts'

export type MemberRef = { readonly orgId: string; readonly userId: string }
export type ServiceAccountRef = { readonly orgId: string; readonly serviceAccountId: string }
export type EntityRef = { readonly orgId: string; readonly type: string; readonly id: string }

/** What each kind of fact is found by. */
export type FactKeys = {
  user: [userId: string]
  organization: [orgId: string]
  member: [MemberRef]
  serviceAccount: [ServiceAccountRef]
  /** A service account of the platform. */
  platformAccount: [serviceAccountId: string]
  entity: [EntityRef]
  /** Of an organization; without one, what holds at platform scope. */
  model: [orgId?: string | undefined]
  platformRoles: [userId: string]
}
type FactValues = {
  user: UserFacts | undefined
  organization: OrganizationFacts | undefined
  member: MemberFacts | undefined
  serviceAccount: ServiceAccountFacts | undefined
  platformAccount: ServiceAccountFacts | undefined
  entity: EntityFacts | undefined
  model: PolicyModel
  platformRoles: readonly HeldRole[]
}
export type FactKind = keyof FactKeys

export type FactPeeks = { [K in FactKind]: (...key: FactKeys[K]) => FactValues[K] | Miss }
export type FactLoads = { [K in FactKind]: (...key: FactKeys[K]) => Promise<FactValues[K]> }

export const producers = ['identity', 'orgs', 'tokens'] as const
export type Producer = (typeof producers)[number]

/** One thing an answer waits for: a fact (of now, or of a moment), what a producer has said by now, or a revision. */
export type Need =
  | { [K in FactKind]: { readonly fact: K; readonly key: FactKeys[K]; readonly at: Date | undefined } }[FactKind]
  | { readonly poll: Producer }
  | { readonly revision: string }
export type FactNeed = Extract<Need, { fact: FactKind }>

export class Miss {
  readonly needs: readonly Need[]
  constructor(needs: readonly Need[]) {
    this.needs = needs
  }
}

export type Facts = FactPeeks & {
  /**
   * Whether the producer was polled for this request: what is not known then is not so. Of the past nobody has more to
   * say.
   */
  hasPolled(producer: Producer): boolean
  asOf(at: Date): Facts
  /**
   * Callers as put together from these very facts. Whatever changes in the organization drops them; a change of the
   * person, or of the account of the platform, does not.
   */
  readonly callers?: ((orgId: string) => WeakMap<OrgCaller, CachedCaller>) | undefined
}
export type CachedCaller = { readonly subject: Subject | Ineligible; readonly self: SelfFacts }
/** What is known of a caller apart from any organization. */
export type SelfFacts = UserFacts | ServiceAccountFacts | undefined

/** All that these are short of, as one miss. */
export const missOf = (...found: readonly unknown[]): Miss =>
  new Miss(found.flatMap((one) => (one instanceof Miss ? one.needs : [])))

/** Each found in order; a miss of everything that is missing for any of them. */
export function findAll<I, T>(items: readonly I[], find: (item: I) => T | Miss): T[] | Miss {
  const found: T[] = []
  let needs: Need[] | undefined
  for (const item of items) {
    const one = find(item)
    if (!(one instanceof Miss)) found.push(one)
    else if (needs === undefined) needs = [...one.needs]
    else needs.push(...one.needs)
  }
  return needs === undefined ? found : new Miss(needs)
}

/** A miss as long as one of them was not polled for this request. */
export function needPoll(facts: Pick<Facts, 'hasPolled'>, of: readonly Producer[]): Miss | undefined {
  const waiting = of.filter((producer) => !facts.hasPolled(producer))
  return waiting.length === 0 ? undefined : new Miss(waiting.map((poll) => ({ poll })))
}

/** Facts of a moment, `undefined` for now. */
export const factsAsOf = (facts: Facts, at: Date | undefined): Facts => (at === undefined ? facts : facts.asOf(at))

/** Facts found one by one, where each is looked for in the same way. */
export const peeksBy = (find: (need: FactNeed) => unknown, at: Date | undefined): FactPeeks => {
  const peek = <K extends FactKind>(fact: K) =>
    ((...key: FactKeys[K]) => find({ fact, key, at } as FactNeed)) as FactPeeks[K]
  return {
    user: peek('user'),
    organization: peek('organization'),
    member: peek('member'),
    serviceAccount: peek('serviceAccount'),
    platformAccount: peek('platformAccount'),
    entity: peek('entity'),
    model: peek('model'),
    platformRoles: peek('platformRoles'),
  }
}
