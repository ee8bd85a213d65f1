/**
 * What this replica knows, kept in memory: people, organizations, members with their roles, and compiled policy models. Loaded from PostgreSQL on demand,
 * dropped by whatever announces a change: its own writes at once, everybody else's by events. It proves nothing about being current (freshness.ts does).
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { createDroppingCache } from './dropping-cache.ts'
import type {
  EntityFacts,
  HeldRole,
  MemberFacts,
  OrganizationFacts,
  ServiceAccountFacts,
  UserFacts,
} from '../domain/facts.ts'
import type { PolicyModel } from '../domain/policy-model.ts'
import { createRecentMap } from './recent-map.ts'
import type { Ineligible, Subject } from '../domain/subject.ts'
import { listPlatformRoles } from '../store/assignments.ts'
import { findEntities, findEntity } from '../store/entities.ts'
import { findMemberFacts, findOrganizationFacts, findServiceAccountFacts, findUserFacts } from '../store/facts.ts'
import { createPolicyModels } from './policy-models.ts'

type AccountIn = { orgId: string; serviceAccountId: string }
type EntityIn = { orgId: string; type: string; id: string }
type EntitiesIn = { orgId: string; type: string; ids: readonly string[] }

/** What a decision about a member, a service account or an entity rests on. */
export type Facts = {
  user(userId: string): Promise<UserFacts | undefined>
  organization(orgId: string): Promise<OrganizationFacts | undefined>
  member(o: { orgId: string; userId: string }): Promise<MemberFacts | undefined>
  entity(o: EntityIn): Promise<EntityFacts | undefined>
  /** Many of a type for one look, in the order of the ids. */
  entities(o: EntitiesIn): Promise<readonly (EntityFacts | undefined)[]>
  serviceAccount(o: AccountIn): Promise<ServiceAccountFacts | undefined>
  /** Of an organization; without one, what holds at platform scope. */
  model(orgId?: string): Promise<PolicyModel>
}

/** What is in memory, without waiting; anything else is thrown as `notInMemory`. */
export type KnownFacts = {
  user(userId: string): UserFacts | undefined
  organization(orgId: string): OrganizationFacts | undefined
  member(o: { orgId: string; userId: string }): MemberFacts | undefined
  entity(o: EntityIn): EntityFacts | undefined
  serviceAccount(o: AccountIn): ServiceAccountFacts | undefined
  model(orgId: string): PolicyModel
  /** Whoever asked in an organization, as put together from what is known. Whatever changes in the organization drops it; what is said of the person themselves does not. */
  askers(orgId: string): WeakMap<OrgCaller, KnownAsker>
}

export type KnownAsker = { readonly subject: Subject | Ineligible; readonly user: UserFacts | undefined }

export type FactCache = Facts & {
  readonly known: KnownFacts
  platformRoles(userId: string): Promise<readonly HeldRole[]>
  /** What was known at a moment of the past: read anew each time, only the compiled models are kept. */
  asOf(at: Date): Facts
  /** Drops what these events say has changed; events of any service. */
  dropChanged(events: readonly Pick<EventEnvelope, 'source' | 'subject' | 'orgid' | 'userid' | 'data'>[]): void
  dropMember(o: { orgId: string; userId: string }): void
  dropServiceAccount(o: AccountIn): void
  /** All of an organization: what a group holds has changed. */
  dropMembers(orgId: string): void
  /** All of a type: events do not say what an application calls its things. */
  dropEntities(o: { orgId: string; type: string }): void
  /** Roles or policies of one organization; `undefined`: of the platform, which every model contains. */
  dropModel(orgId: string | undefined): void
  dropAll(): void
}

/** What is known now, or was at a moment of the past. */
export const factsAt = (factCache: FactCache, at: Date | undefined): Facts =>
  at === undefined ? factCache : factCache.asOf(at)

/** Entries kept; a member is some 500 bytes. */
const most = { principalFacts: 50_000, organizations: 20_000 }

export function createFactCache(deps: { db: Db }): FactCache {
  const { db } = deps
  const caches = createCaches(db)
  const { users, organizations, members, accounts, platformRoles, entities, models, askers } = caches
  const read = readFacts(db)
  return {
    user: (userId) => users.get(userId, () => read.user(userId)),
    organization: (orgId) => organizations.get(orgId, () => read.organization(orgId)),
    member: (o) => members.get(memberKey(o), () => read.member(o)),
    serviceAccount: (o) => accounts.get(accountKey(o), () => read.serviceAccount(o)),
    platformRoles: (userId) =>
      platformRoles.get(userId, () => inScope(db, { userId }, (tx) => listPlatformRoles(tx, userId))),
    entity: (o) => entities.get(entityKey(o), () => read.entity(o)),
    entities: (o) => {
      const look = lookOnce(db, o)
      return Promise.all(o.ids.map((id) => entities.get(entityKey({ ...o, id }), async () => (await look()).get(id))))
    },
    model: models.get,
    known: {
      user: users.peek,
      organization: organizations.peek,
      member: (o) => members.peek(memberKey(o)),
      serviceAccount: (o) => accounts.peek(accountKey(o)),
      entity: (o) => entities.peek(entityKey(o)),
      model: models.peek,
      askers(orgId) {
        const known = askers.find(orgId)
        if (known !== undefined) return known
        const none = new WeakMap<OrgCaller, KnownAsker>()
        askers.keep(orgId, none)
        return none
      },
    },
    asOf: (at) => ({ ...readFacts(db, at), model: (orgId) => models.getAt(orgId, at) }),
    ...dropsFrom(caches),
  }
}

const createCaches = (db: Db) => ({
  users: createDroppingCache<UserFacts | undefined>({ most: most.principalFacts }),
  organizations: createDroppingCache<OrganizationFacts | undefined>({ most: most.principalFacts }),
  members: createDroppingCache<MemberFacts | undefined>({ most: most.principalFacts }),
  accounts: createDroppingCache<ServiceAccountFacts | undefined>({ most: most.principalFacts }),
  platformRoles: createDroppingCache<readonly HeldRole[]>({ most: most.principalFacts }),
  entities: createDroppingCache<EntityFacts | undefined>({ most: most.principalFacts }),
  models: createPolicyModels({ db }),
  askers: createRecentMap<WeakMap<OrgCaller, KnownAsker>>(most.organizations),
})

type Drops = Pick<
  FactCache,
  'dropChanged' | 'dropMember' | 'dropServiceAccount' | 'dropMembers' | 'dropEntities' | 'dropModel' | 'dropAll'
>

function dropsFrom(caches: ReturnType<typeof createCaches>): Drops {
  const { users, organizations, members, accounts, platformRoles, entities, models, askers } = caches
  /** Of an organization, whatever in it has changed. */
  const dropAskers = (orgId: string | undefined): void => (orgId === undefined ? askers.clear() : askers.drop(orgId))
  const dropMember: Drops['dropMember'] = (o) => {
    members.drop(memberKey(o))
    dropAskers(o.orgId)
  }
  const dropServiceAccount: Drops['dropServiceAccount'] = (o) => {
    accounts.drop(accountKey(o))
    dropAskers(o.orgId)
  }
  const dropMembers: Drops['dropMembers'] = (orgId) => {
    members.dropWhere((key) => key.startsWith(`${orgId} `))
    dropAskers(orgId)
  }
  const dropModel: Drops['dropModel'] = (orgId) => {
    models.drop(orgId)
    dropAskers(orgId)
  }
  const dropOrganization = (orgId: string): void => {
    organizations.drop(orgId)
    dropAskers(orgId)
  }
  const dropEntities: Drops['dropEntities'] = ({ orgId, type }) => {
    entities.dropWhere((key) => key.startsWith(`${orgId} ${type} `))
    // What the directory says of people and of the organization is part of whoever asks.
    if (type === 'user' || type === 'organization') dropAskers(orgId)
  }
  const dropChanged: Drops['dropChanged'] = (events) => {
    for (const { source, subject, orgid, userid, data } of events) {
      if (subject.startsWith('user_')) users.drop(subject)
      if (userid !== undefined) platformRoles.drop(userid)
      if (orgid !== undefined && userid !== undefined) dropMember({ orgId: orgid, userId: userid })
      if (orgid !== undefined && subject.startsWith('svc_'))
        dropServiceAccount({ orgId: orgid, serviceAccountId: subject })
      if (source === '/gatehouse/orgs' && orgid !== undefined) dropOrganization(orgid)
      if (source === '/gatehouse/authz' && isOfModel(subject)) dropModel(orgid)
      if (orgid !== undefined && userid === undefined && isOfMany(subject)) dropMembers(orgid)
      if (orgid !== undefined && subject.startsWith('ent_')) dropEntities({ orgId: orgid, type: String(data['type']) })
    }
  }
  const dropAll = (): void => Object.values(caches).forEach((cache) => cache.clear())
  return { dropChanged, dropMember, dropServiceAccount, dropMembers, dropEntities, dropModel, dropAll }
}

/** One look for all that are missing; it begins in the moment the first of them is asked for, so a change drops it like any other. */
function lookOnce(db: Db, o: EntitiesIn): () => Promise<Map<string, EntityFacts>> {
  let found: Promise<Map<string, EntityFacts>> | undefined
  return () => (found ??= inScope(db, { orgId: o.orgId }, (tx) => findEntities(tx, o)))
}

/** From PostgreSQL, now or as of a moment. */
const readFacts = (db: Db, at?: Date): Omit<Facts, 'model'> => ({
  user: (userId) => inScope(db, { userId }, (tx) => findUserFacts(tx, userId, at)),
  organization: (orgId) => inScope(db, { orgId }, (tx) => findOrganizationFacts(tx, orgId, at)),
  member: (o) => inScope(db, o, (tx) => findMemberFacts(tx, { ...o, at })),
  serviceAccount: (o) => inScope(db, { orgId: o.orgId }, (tx) => findServiceAccountFacts(tx, o.serviceAccountId, at)),
  entity: (o) => inScope(db, { orgId: o.orgId }, (tx) => findEntity(tx, { ...o, at })),
  async entities(o) {
    const found = await inScope(db, { orgId: o.orgId }, (tx) => findEntities(tx, { ...o, at }))
    return o.ids.map((id) => found.get(id))
  },
})

const memberKey = ({ orgId, userId }: { orgId: string; userId: string }): string => `${orgId} ${userId}`
const entityKey = ({ orgId, type, id }: EntityIn): string => `${orgId} ${type} ${id}`
const accountKey = ({ orgId, serviceAccountId }: AccountIn): string => `${orgId} ${serviceAccountId}`
/** A group, or what was given to one: it concerns whoever belongs to it. */
const isOfMany = (subject: string): boolean => subject.startsWith('grp_') || subject.startsWith('asg_')
const isOfModel = (subject: string): boolean => ['role_', 'pol_', 'app_'].some((prefix) => subject.startsWith(prefix))
