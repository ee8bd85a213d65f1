/**
 * What this replica knows, kept in memory: people, organizations, members with their roles, and compiled policy models.
 * Loaded from PostgreSQL on demand, dropped by whatever announces a change: its own writes at once, everybody else's by
 * events. It proves nothing about being current (freshness.ts does).
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { LRUCache } from 'lru-cache'
import type {
  EntityFacts,
  HeldRole,
  MemberFacts,
  OrganizationFacts,
  ServiceAccountFacts,
  UserFacts,
} from '../domain/facts.ts'
import { listPlatformRoles } from '../store/assignments.ts'
import { findEntities, findEntity } from '../store/entities.ts'
import { findMemberFacts, findOrganizationFacts, findServiceAccountFacts, findUserFacts } from '../store/facts.ts'
import { createDroppingCache, type Kept } from './dropping-cache.ts'
import {
  Miss,
  peeksBy,
  type CachedCaller,
  type EntityRef,
  type FactKeys,
  type FactKind,
  type FactLoads,
  type FactNeed,
  type FactPeeks,
  type Facts,
  type MemberRef,
  type ServiceAccountRef,
} from './facts.ts'
import { createPolicyModels } from './policy-models.ts'
import { createPolicyRows, type PolicyRows } from './policy-rows.ts'

export type EntitiesRef = { readonly orgId: string; readonly type: string; readonly ids: readonly string[] }

export type FactLoader = FactLoads & {
  /** Many of a type for one look, in the order of the ids. */
  entities(o: EntitiesRef): Promise<readonly (EntityFacts | undefined)[]>
}

export type FactCache = FactLoader & {
  readonly policyRows: PolicyRows
  /** What is in memory; anything else is a miss. */
  readonly known: Facts
  /** What was known at a moment of the past: read anew each time, only the compiled models are kept. */
  asOf(at: Date): FactLoader
  /** Drops what these events say has changed; events of any service. */
  dropChanged(events: readonly Pick<EventEnvelope, 'source' | 'subject' | 'orgid' | 'userid' | 'data'>[]): void
  dropMember(o: MemberRef): void
  dropServiceAccount(o: ServiceAccountRef): void
  /** All of an organization: what a group holds has changed. */
  dropMembers(orgId: string): void
  /** All of a type: events do not say what an application calls its things. */
  dropEntities(o: { orgId: string; type: string }): void
  /** Roles or policies of one organization; `undefined`: of the platform, which every model contains. */
  dropModel(orgId: string | undefined): void
  dropAll(): void
}

/** What loads facts of now, or of a moment of the past. */
export const factsAt = (factCache: FactCache, at: Date | undefined): FactLoader =>
  at === undefined ? factCache : factCache.asOf(at)

/** Entries kept; a member is some 500 bytes. */
const most = { principalFacts: 50_000, organizations: 20_000 }

export function createFactCache(deps: { db: Db }): FactCache {
  const { db } = deps
  const policyRows = createPolicyRows()
  const caches = createCaches(db, policyRows)
  const { users, organizations, members, accounts, platformAccounts, platformRoles, entities, models } = caches
  const read = readFacts(db)
  return {
    user: (userId) => users.get(userId, () => read.user(userId)),
    organization: (orgId) => organizations.get(orgId, () => read.organization(orgId)),
    member: (o) => members.get(memberKey(o), () => read.member(o)),
    serviceAccount: (o) => accounts.get(accountKey(o), () => read.serviceAccount(o)),
    platformAccount: (id) => platformAccounts.get(id, () => read.platformAccount(id)),
    platformRoles: (userId) => platformRoles.get(userId, () => read.platformRoles(userId)),
    entity: (o) => entities.get(entityKey(o), () => read.entity(o)),
    entities: (o) => {
      const look = lookOnce(db, o)
      return Promise.all(o.ids.map((id) => entities.get(entityKey({ ...o, id }), async () => (await look()).get(id))))
    },
    model: models.get,
    policyRows,
    known: knownFrom(caches),
    asOf: (at) => ({ ...readFacts(db, at), model: (orgId) => models.getAt(orgId, at) }),
    ...dropsFrom(caches),
  }
}

type Caches = ReturnType<typeof createCaches>

const createCaches = (db: Db, policyRows: PolicyRows) => ({
  users: createDroppingCache<UserFacts | undefined>({ most: most.principalFacts }),
  organizations: createDroppingCache<OrganizationFacts | undefined>({ most: most.principalFacts }),
  members: createDroppingCache<MemberFacts | undefined>({ most: most.principalFacts }),
  accounts: createDroppingCache<ServiceAccountFacts | undefined>({ most: most.principalFacts }),
  platformAccounts: createDroppingCache<ServiceAccountFacts | undefined>({ most: most.principalFacts }),
  platformRoles: createDroppingCache<readonly HeldRole[]>({ most: most.principalFacts }),
  entities: createDroppingCache<EntityFacts | undefined>({ most: most.principalFacts }),
  models: createPolicyModels({ db, policyRows }),
  callers: new LRUCache<string, WeakMap<OrgCaller, CachedCaller>>({ max: most.organizations }),
})

function knownFrom({
  users,
  organizations,
  members,
  accounts,
  platformAccounts,
  platformRoles,
  entities,
  models,
  callers,
}: Caches): Facts {
  const kept = <K extends FactKind, V>(found: Kept<V> | undefined, fact: K, ...key: FactKeys[K]): V | Miss =>
    found === undefined ? new Miss([{ fact, key, at: undefined } as FactNeed]) : found.value
  return {
    user: (userId) => kept(users.find(userId), 'user', userId),
    organization: (orgId) => kept(organizations.find(orgId), 'organization', orgId),
    member: (o) => kept(members.find(memberKey(o)), 'member', o),
    serviceAccount: (o) => kept(accounts.find(accountKey(o)), 'serviceAccount', o),
    platformAccount: (id) => kept(platformAccounts.find(id), 'platformAccount', id),
    platformRoles: (userId) => kept(platformRoles.find(userId), 'platformRoles', userId),
    entity: (o) => kept(entities.find(entityKey(o)), 'entity', o),
    model: (orgId) => models.find(orgId) ?? new Miss([{ fact: 'model', key: [orgId], at: undefined }]),
    hasPolled: () => false,
    asOf: (at) => pastFacts(peeksBy((need) => new Miss([need]), at)),
    callers(orgId) {
      const cached = callers.size * 2 < most.organizations ? callers.peek(orgId) : callers.get(orgId)
      if (cached !== undefined) return cached
      const none = new WeakMap<OrgCaller, CachedCaller>()
      callers.set(orgId, none)
      return none
    },
  }
}

/** A moment of the past as a store of facts. */
export function pastFacts(peeks: FactPeeks): Facts {
  const facts: Facts = { ...peeks, hasPolled: () => true, asOf: () => facts }
  return facts
}

type Drops = Pick<
  FactCache,
  'dropChanged' | 'dropMember' | 'dropServiceAccount' | 'dropMembers' | 'dropEntities' | 'dropModel' | 'dropAll'
>

function dropsFrom(caches: Caches): Drops {
  const { users, organizations, members, accounts, platformAccounts, platformRoles, entities, models, callers } = caches
  /** Of an organization, whatever in it has changed. */
  const dropCallers = (orgId: string | undefined): void =>
    void (orgId === undefined ? callers.clear() : callers.delete(orgId))
  const dropMember: Drops['dropMember'] = (o) => {
    members.drop(memberKey(o))
    dropCallers(o.orgId)
  }
  const dropServiceAccount: Drops['dropServiceAccount'] = (o) => {
    accounts.drop(accountKey(o))
    dropCallers(o.orgId)
  }
  const dropMembers: Drops['dropMembers'] = (orgId) => {
    members.dropWhere((key) => key.startsWith(`${orgId} `))
    dropCallers(orgId)
  }
  const dropModel: Drops['dropModel'] = (orgId) => {
    models.drop(orgId)
    dropCallers(orgId)
  }
  const dropEntities: Drops['dropEntities'] = ({ orgId, type }) => {
    entities.dropWhere((key) => key.startsWith(entityKey({ orgId, type, id: '' })))
    // What the directory says of people and of the organization is part of whoever asks.
    if (type === 'user' || type === 'organization') dropCallers(orgId)
  }
  const dropChanged: Drops['dropChanged'] = (events) => {
    // Looking through a cache costs its length, and many events may be about one type.
    const types = new Map<string, { orgId: string; type: string }>()
    const ofMany = new Set<string>()
    for (const { source, subject, orgid, userid, data } of events) {
      if (subject.startsWith('user_')) users.drop(subject)
      if (userid !== undefined) platformRoles.drop(userid)
      if (orgid !== undefined && userid !== undefined) dropMember({ orgId: orgid, userId: userid })
      if (orgid !== undefined && subject.startsWith('svc_'))
        dropServiceAccount({ orgId: orgid, serviceAccountId: subject })
      if (orgid === undefined && subject.startsWith('svc_')) platformAccounts.drop(subject)
      if (source === '/gatehouse/orgs' && orgid !== undefined) {
        organizations.drop(orgid)
        dropCallers(orgid)
      }
      if (source === '/gatehouse/authz' && isOfModel(subject)) dropModel(orgid)
      if (orgid !== undefined && userid === undefined && isOfMany(subject)) ofMany.add(orgid)
      if (orgid === undefined || !subject.startsWith('ent_')) continue
      const about = { orgId: orgid, type: String(data['type']) }
      types.set(entityKey({ ...about, id: '' }), about)
    }
    for (const about of types.values()) dropEntities(about)
    for (const orgId of ofMany) dropMembers(orgId)
  }
  const dropAll = (): void => Object.values(caches).forEach((cache) => cache.clear())
  return { dropChanged, dropMember, dropServiceAccount, dropMembers, dropEntities, dropModel, dropAll }
}

/**
 * One look for all that are missing; it begins in the moment the first of them is asked for, so a change drops it like
 * any other.
 */
function lookOnce(db: Db, o: EntitiesRef): () => Promise<Map<string, EntityFacts>> {
  let found: Promise<Map<string, EntityFacts>> | undefined
  return () => (found ??= inScope(db, { orgId: o.orgId }, (tx) => findEntities(tx, o)))
}

/** From PostgreSQL, now or as of a moment. */
const readFacts = (db: Db, at?: Date): Omit<FactLoader, 'model'> => ({
  user: (userId) => inScope(db, { userId }, (tx) => findUserFacts(tx, userId, at)),
  organization: (orgId) => inScope(db, { orgId }, (tx) => findOrganizationFacts(tx, orgId, at)),
  member: (o) => inScope(db, o, (tx) => findMemberFacts(tx, { ...o, at })),
  serviceAccount: (o) => inScope(db, { orgId: o.orgId }, (tx) => findServiceAccountFacts(tx, o.serviceAccountId, at)),
  platformAccount: (id) => inScope(db, {}, (tx) => findServiceAccountFacts(tx, id, at)),
  platformRoles: (userId) => inScope(db, { userId }, (tx) => listPlatformRoles(tx, userId, at)),
  entity: (o) => inScope(db, { orgId: o.orgId }, (tx) => findEntity(tx, { ...o, at })),
  async entities(o) {
    const found = await inScope(db, { orgId: o.orgId }, (tx) => findEntities(tx, { ...o, at }))
    return o.ids.map((id) => found.get(id))
  },
})

const memberKey = ({ orgId, userId }: MemberRef): string => `${orgId} ${userId}`
/** A type may hold any character, so its length goes before: two entities never share a key. */
const entityKey = ({ orgId, type, id }: EntityRef): string => `${orgId} ${type.length} ${type} ${id}`
const accountKey = ({ orgId, serviceAccountId }: ServiceAccountRef): string => `${orgId} ${serviceAccountId}`
/** A group, or what was given to one: it concerns whoever belongs to it. */
const isOfMany = (subject: string): boolean => subject.startsWith('grp_') || subject.startsWith('asg_')
const isOfModel = (subject: string): boolean => ['role_', 'pol_', 'app_'].some((prefix) => subject.startsWith(prefix))
