/** Two replicas of authz on one database, what they follow, and an organization whose members can be asked about. */
import { MembershipCreated, type MembershipAttributes } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationCreated } from '@gatehouse/contracts/events/orgs/organization'
import { PlatformAdminBootstrapped, UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { testDatabase } from '@gatehouse/test-kit/database'
import { startNatsServer, type NatsServer } from '@gatehouse/test-kit/nats-server'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { startReplica, type Replica } from '../servers/authz.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { createCredentials, type Credentials, type Member } from '../servers/credentials.ts'
import { producing, startProducers } from '../servers/producers.ts'

export type Installation = {
  /** The first one is written to. */
  readonly replicas: readonly [Replica, Replica]
  readonly producers: Awaited<ReturnType<typeof startProducers>>
  readonly nats: NatsServer
  readonly credentials: Credentials
  readonly owner: Member
  /** Somebody new in the owner's organization. */
  join(o: { roles: string[]; attributes?: MembershipAttributes; isOwner?: boolean }): Promise<Member>
}

const documents = {
  name: 'Documents',
  resource_types: [
    {
      key: 'document',
      attributes: { size: { type: 'number', provenance: ['caller'] } },
      actions: ['read', 'sign', 'publish'].map((name) => ({ name })),
    },
  ],
  membership_attributes: { limit: { type: 'number', provenance: ['stored'] } },
  roles: [{ key: 'reader', name: 'Reader', permissions: ['document:read'] }],
  policies: [
    {
      key: 'sign-within-limit',
      effect: 'allow',
      resource_type: 'document',
      actions: ['sign'],
      when: 'resource.size <= membership.limit',
    },
  ],
}

export async function startTwoReplicas(cleanup: Cleanup): Promise<Installation> {
  const database = await testDatabase(cleanup, { services: ['authz', ...producing] })
  const nats = await startNatsServer(cleanup)
  const credentials = createCredentials()
  const producers = await startProducers(cleanup, { database, natsUrl: nats.url, credentials })
  const env = {
    DATABASE_RUNTIME_URL: database.url('authz', 'runtime'),
    DATABASE_SYSTEM_URL: database.url('authz', 'system'),
    NATS_URL: nats.url,
    IDENTITY_URL: producers.identity.url,
    ORGS_URL: producers.orgs.url,
    TOKENS_URL: producers.tokens.url,
  }
  const replicas = [
    await startReplica(cleanup, { credentials, env }),
    await startReplica(cleanup, { credentials, env }),
  ] as const
  await declareDocuments({ producers, replicas, credentials })
  const orgId = newId('org')
  await producers.orgs.announce({
    contract: OrganizationCreated,
    aggregateType: 'organization',
    aggregateId: orgId,
    orgId,
    version: 1,
    data: { organization_id: orgId, created_by: newId('user'), status: 'active' },
  })
  const join: Installation['join'] = async ({ roles, attributes = {}, isOwner = false }) => {
    const member = { orgId, userId: await register({ producers }), membershipId: newId('mem') }
    const facts = {
      membership_id: member.membershipId,
      organization_id: orgId,
      user_id: member.userId,
      status: 'active' as const,
      is_owner: isOwner,
      attributes,
    }
    await producers.orgs.announce({
      contract: MembershipCreated,
      aggregateType: 'membership',
      aggregateId: member.membershipId,
      orgId,
      userId: member.userId,
      version: 1,
      data: { ...facts, roles },
    })
    return member
  }
  return { replicas, producers, nats, credentials, owner: await join({ roles: [], isOwner: true }), join }
}

async function register({ producers }: Pick<Installation, 'producers'>): Promise<string> {
  const userId = newId('user')
  await producers.identity.announce({
    contract: UserRegistered,
    aggregateType: 'user',
    aggregateId: userId,
    userId,
    version: 1,
    data: { user_id: userId, email_verified: true, via: 'registration' },
  })
  return userId
}

async function declareDocuments({
  producers,
  replicas,
  credentials,
}: Pick<Installation, 'producers' | 'replicas' | 'credentials'>): Promise<void> {
  const userId = await register({ producers })
  await producers.identity.announce({
    contract: PlatformAdminBootstrapped,
    aggregateType: 'user',
    aggregateId: userId,
    userId,
    version: 2,
    data: { user_id: userId },
  })
  await waitUntil(
    'the catalog is declared',
    async () =>
      (
        await replicas[0].call('PUT', '/v1/authz/catalog/documents', {
          token: credentials.personToken({ userId }),
          body: documents,
        })
      ).status === 200,
  )
}
