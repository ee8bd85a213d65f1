/**
 * What authz follows: people from identity, organizations and members from orgs, service accounts from tokens, and
 * itself, because another replica may have written.
 */
import { PlatformAdminBootstrapped } from '@gatehouse/contracts/events/identity/user'
import { createConsumer, type Consumer, type ConsumerOptions } from '@gatehouse/spine/consume/consumer'
import { createProjection, type Projection, type ProjectionOptions } from '@gatehouse/spine/follow/projection'
import { createReader, type Reader, type ReaderOptions } from '@gatehouse/spine/follow/reader'
import { assignPlatformAdmin } from '../use-cases/assignments/assign-platform-admin.ts'
import type { FactCache } from '../facts/fact-cache.ts'
import { applyOrganizationEvent, resetOrganizations } from '../use-cases/projections/project-organizations.ts'
import { applyServiceAccountEvent, resetServiceAccounts } from '../use-cases/projections/project-service-accounts.ts'
import { applyUserEvent, resetUsers } from '../use-cases/projections/project-users.ts'

type Following = Pick<ProjectionOptions, 'client' | 'nats' | 'system' | 'log' | 'clock'> & { factCache: FactCache }

/** What the copies are made of. */
export const subjects = {
  identity: ['gatehouse.identity.user.>'],
  orgs: ['gatehouse.orgs.organization.>', 'gatehouse.orgs.membership.>', 'gatehouse.orgs.access_request.>'],
  tokens: ['gatehouse.tokens.service_account.>'],
} as const

const dropping = (factCache: FactCache) => ({ onApplied: factCache.dropChanged, onReset: factCache.dropAll })

export const followIdentity = ({ factCache, ...o }: Following): Projection =>
  createProjection({
    ...o,
    ...dropping(factCache),
    name: 'authz--identity',
    producer: 'identity',
    subjects: subjects.identity,
    apply: applyUserEvent,
    reset: resetUsers,
  })

export const followOrgs = ({ factCache, ...o }: Following): Projection =>
  createProjection({
    ...o,
    ...dropping(factCache),
    name: 'authz--orgs',
    producer: 'orgs',
    subjects: subjects.orgs,
    apply: (tx, event) => applyOrganizationEvent(o, tx, event),
    reset: (tx, records) => resetOrganizations(o, tx, records),
  })

/** Of tokens only the service accounts: sessions are nothing a decision rests on. */
export const followTokens = ({ factCache, ...o }: Following): Projection =>
  createProjection({
    ...o,
    ...dropping(factCache),
    name: 'authz--tokens',
    producer: 'tokens',
    subjects: subjects.tokens,
    view: 'service-accounts',
    apply: applyServiceAccountEvent,
    reset: resetServiceAccounts,
  })

export const followOwnWrites = ({
  factCache,
  ...o
}: Pick<ReaderOptions, 'client' | 'nats' | 'log' | 'clock'> & { factCache: FactCache }): Reader =>
  createReader({
    ...o,
    name: 'authz--itself',
    producer: 'authz',
    apply: factCache.dropChanged,
    onReset: factCache.dropAll,
  })

export const platformAdminEffects = { name: 'authz--platform-admins', handle: assignPlatformAdmin }

/** An effect, not a copy: a snapshot of identity does not say who was the first administrator. */
export const consumePlatformAdmins = ({
  client,
  ...o
}: Pick<ConsumerOptions, 'nats' | 'system' | 'log' | 'clock'> & Pick<ProjectionOptions, 'client'>): Consumer =>
  createConsumer({
    ...o,
    ...platformAdminEffects,
    producers: [{ name: 'identity', client }],
    subjects: [PlatformAdminBootstrapped.type],
  })
