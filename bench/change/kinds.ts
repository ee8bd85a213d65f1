/**
 * The kinds of change a decision can hang on: each prepares a question and then makes the change that turns its answer
 * round.
 */
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
import {
  MembershipRemoved,
  MembershipUpdated,
  type MembershipAttributes,
} from '@gatehouse/contracts/events/orgs/membership'
import type { Member } from '../servers/credentials.ts'
import type { Installation } from './two-replicas.ts'

export type Turn = {
  readonly member: Member
  readonly action: string
  /** What is answered once the change is known; its opposite before. */
  readonly wanted: boolean
  /** Resolves when the author hears of success. */
  make(): Promise<void>
}

/** One after the other; each turn begins where the one before ended. */
export type Turns = () => Promise<Turn>

/** The question is always about a document of size 50. */
export const sizeAsked = 50

export async function kindsOf(installation: Installation): Promise<Readonly<Record<string, Turns>>> {
  return {
    'role of a member': await roleTurns(installation),
    'policy of the organization': await policyTurns(installation),
    'attribute of a member': await attributeTurns(installation),
    'membership ended': membershipTurns(installation),
    'person disabled': personTurns(installation),
  }
}

async function roleTurns({ replicas: [writer], credentials, owner, join }: Installation): Promise<Turns> {
  const member = await join({ roles: ['reader'] })
  const path = `/v1/organizations/${member.orgId}/members/${member.userId}/roles`
  let wanted = true
  return async () => {
    wanted = !wanted
    const body = { roles: wanted ? ['reader'] : [] }
    return {
      member,
      action: 'read',
      wanted,
      make: async () => succeeded(await writer.call('PUT', path, { token: credentials.personToken(owner), body })),
    }
  }
}

async function policyTurns({ replicas: [writer], credentials, owner, join }: Installation): Promise<Turns> {
  const member = await join({ roles: [] })
  const token = credentials.personToken(owner)
  const path = `/v1/organizations/${member.orgId}/policies`
  const saying = (most: number) => ({
    effect: 'allow',
    resource_type: 'document',
    actions: ['publish'],
    when: `resource.size <= ${most}`,
  })
  const { status, body: created } = await writer.call('POST', path, {
    token,
    body: { key: 'publish-small', ...saying(100) },
  })
  if (status !== 201) throw new Error(`the policy was refused: ${JSON.stringify(created)}`)
  let wanted = true
  return async () => {
    wanted = !wanted
    const body = saying(wanted ? 100 : 1)
    return {
      member,
      action: 'publish',
      wanted,
      make: async () =>
        succeeded(await writer.call('PUT', `${path}/${(created as { id: string }).id}`, { token, body })),
    }
  }
}

async function attributeTurns({ producers, join }: Installation): Promise<Turns> {
  const member = await join({ roles: [], attributes: { limit: 100 } })
  let version = 1
  return async () => {
    version += 1
    const wanted = version % 2 === 1
    const data = { ...factsOf(member, 'active', { limit: wanted ? 100 : 1 }), changed: ['attributes'] }
    return {
      member,
      action: 'sign',
      wanted,
      make: () => producers.orgs.announce({ ...aboutMembership(member, version), contract: MembershipUpdated, data }),
    }
  }
}

const membershipTurns =
  ({ producers, join }: Installation): Turns =>
  async () => {
    const member = await join({ roles: ['reader'] })
    const data = { ...factsOf(member, 'removed', {}), min_mv: 2 }
    return {
      member,
      action: 'read',
      wanted: false,
      make: () => producers.orgs.announce({ ...aboutMembership(member, 2), contract: MembershipRemoved, data }),
    }
  }

const personTurns =
  ({ producers, join }: Installation): Turns =>
  async () => {
    const member = await join({ roles: ['reader'] })
    const { userId } = member
    return {
      member,
      action: 'read',
      wanted: false,
      make: () =>
        producers.identity.announce({
          contract: UserDisabled,
          aggregateType: 'user',
          aggregateId: userId,
          userId,
          version: 2,
          data: { user_id: userId, min_uv: 2 },
        }),
    }
  }

const aboutMembership = ({ membershipId, orgId, userId }: Member, version: number) => ({
  aggregateType: 'membership',
  aggregateId: membershipId,
  orgId,
  userId,
  version,
})

const factsOf = (
  { membershipId, orgId, userId }: Member,
  status: 'active' | 'removed',
  attributes: MembershipAttributes,
) => ({ membership_id: membershipId, organization_id: orgId, user_id: userId, status, is_owner: false, attributes })

function succeeded({ status, body }: { status: number; body: unknown }): void {
  if (status >= 300) throw new Error(`the change was refused with ${status}: ${JSON.stringify(body)}`)
}
