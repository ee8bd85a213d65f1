/**
 * A person who proves an address becomes a member of the organization that has proven its domain, if the rule says so.
 * The event says who; a job asks identity for the address they have proven by now. What a removal or a suspension
 * ended, an address does not begin again.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { UserEmailChanged, UserEmailVerified, UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Effects } from '@gatehouse/spine/dead-letters/dead-letters'
import Type from 'typebox'
import { Value } from 'typebox/value'
import type { Deps } from '../../deps.ts'
import { capturedRoles, domainOf } from '../../domain/domain.ts'
import {
  type CaptureCheck,
  deleteCaptureChecks,
  leaseCaptureChecks,
  requestCaptureCheck,
} from '../../store/capture-checks.ts'
import { findOrganizationOfDomain, holdJoiningDomain } from '../../store/domains.ts'
import { insertMember } from '../../store/memberships.ts'
import { announceMembershipCreated } from '../announce.ts'

export const provingEvents = [UserRegistered.type, UserEmailVerified.type, UserEmailChanged.type]

const Proof = Type.Object({ user_id: Type.String(), email_verified: Type.Optional(Type.Boolean()) })

async function noteProof(tx: Tx, { version, data }: EventEnvelope): Promise<void> {
  const { user_id: userId, email_verified: isVerified = true } = Value.Parse(Proof, data)
  if (isVerified) await requestCaptureCheck(tx, { userId, version })
}

export const captureEffects: Effects = { name: 'orgs--capture', handle: noteProof }

type CaptureDeps = Pick<Deps, 'spine' | 'system' | 'clients' | 'log'>

/** As many as identity is asked about in one call. */
const limit = 200

/** Looks at everybody who is due; how many became members. */
export async function joinCaptured(deps: CaptureDeps): Promise<number> {
  let joined = 0
  for (let leased = limit; leased === limit;) {
    const checks = await leaseCaptureChecks(deps.system, { limit })
    leased = checks.length
    if (leased > 0) joined += await joinSome(deps, checks)
  }
  return joined
}

/** A person whose look fails is looked at again when the lease is over, and holds up nobody. */
async function joinSome(deps: CaptureDeps, checks: readonly CaptureCheck[]): Promise<number> {
  const profiles = await deps.clients.identity.profilesOf(checks.map(({ userId }) => userId))
  const joiningOf = rememberJoining(deps)
  const done: CaptureCheck[] = []
  let joined = 0
  for (const check of checks) {
    const profile = profiles.get(check.userId)
    const name = profile?.email_verified === true ? domainOf(profile.email) : undefined
    try {
      const orgId = name === undefined ? undefined : await joiningOf(name)
      if (name !== undefined && orgId !== undefined && (await join(deps, { orgId, name, ...check }))) joined += 1
      done.push(check)
    } catch (error) {
      deps.log.warn({ reason: describeFailure(error) }, 'joining by a domain failed; it will be repeated')
    }
  }
  await deleteCaptureChecks(deps.system, done)
  return joined
}

/** The organization whose rule it is, looked up once for each domain: an import brings many people of one. */
function rememberJoining({ system }: Pick<Deps, 'system'>): (name: string) => Promise<string | undefined> {
  const known = new Map<string, string | undefined>()
  return async (name) => {
    if (!known.has(name)) {
      const found = await findOrganizationOfDomain(system, name)
      known.set(name, found?.capture === 'join' ? found.organization.id : undefined)
    }
    return known.get(name)
  }
}

/** The rule is asked again within the transaction: a domain that was given up meanwhile makes nobody a member. */
const join = (
  deps: Pick<Deps, 'spine'>,
  { orgId, userId, name }: { orgId: string; userId: string; name: string },
): Promise<boolean> =>
  deps.spine.write({ orgId, userId }, async (tx) => {
    const domain = await holdJoiningDomain(tx, { orgId, name })
    if (domain === undefined) return false
    const row = await insertMember(tx, { id: newId('mem'), orgId, userId, roles: [...capturedRoles] })
    if (row) await announceMembershipCreated(tx, row, 'system', { domain_id: domain.id })
    return row !== undefined
  })
