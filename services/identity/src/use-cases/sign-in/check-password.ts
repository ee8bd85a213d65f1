/**
 * Whether address and password belong together. Unknown address, wrong password, refused source and disabled person end
 * alike: two hashes in one turn, the same statements, a constant time, `invalid_credentials`. An unknown address is
 * counted like an account that has no person.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { KnownDevice } from '../../devices/device-tokens.ts'
import type { Deps } from '../../deps.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import { normalizePassword } from '../../domain/password-rules.ts'
import { countersOf, decideAdmission, type Admission, type SignInCounter } from '../../domain/sign-in-limits.ts'
import { claimRehash, findAccountByAddress, type Account } from '../../store/accounts.ts'
import { forgetFailures, readCounters } from '../../store/sign-in-counters.ts'
import { hashOfHandle } from '../account/registration-handle.ts'
import { turnOf, type Requester } from '../requester.ts'
import { recordRefusal, type RefusalReason } from './record-refusal.ts'

type CheckDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'constantTime' | 'settings' | 'log' | 'devices'>
const outcomes = counter('identity_password_checks_total', 'Passwords presented at sign-in, by what came of it')

export type Presented = {
  email: string
  password: string
  /** Of an earlier sign-in on this device. */
  deviceToken: string | undefined
  /** Of the registration that this client began. */
  registrationHandle: string | undefined
}

/** `verificationId`: the open registration whose password it was; undefined: the person's own. */
export type Authenticated = {
  account: Account
  verificationId: string | undefined
  device: KnownDevice | undefined
}

/**
 * The account whose password was right. @throws AppError `invalid_credentials`, `unavailable` when too many wait for
 * hashing
 */
export function checkPassword(deps: CheckDeps, presented: Presented, requester: Requester): Promise<Authenticated> {
  return deps.constantTime.onFailure(async () => {
    const attempt = await openAttempt(deps, presented, requester)
    const { account, password, turn } = attempt
    // A sign-in that is going to be refused whatever the password makes both hashes at once.
    const isOpen = attempt.admission.kind === 'admitted' && account?.status === 'active'
    const match = await deps.hasher.findMatch(attempt.phcs, password, { ...turn, stopsAtMatch: isOpen })
    // Read again after the hash: guesses that are sent at once stand in each other's way.
    const admission = await readAdmission(deps, attempt.counters)
    const reason = refusalOf(account, match, admission)
    if (reason === undefined && account !== undefined) {
      await settleSuccess(deps, { account, match, admission, password, turn })
      const verificationId = match === ownPassword ? undefined : account.registration?.verificationId
      return { account, verificationId, device: attempt.device }
    }
    if (match === ownPassword && isOpen)
      await deps.hasher.findMatch([undefined], password, { ...turn, stopsAtMatch: false })
    await recordRefusal(deps, { reason: reason ?? 'unknown_address', userId: account?.userId, admission })
    outcomes.add(1, { outcome: reason ?? 'unknown_address' })
    throw problem('invalid_credentials')
  })
}

/**
 * Where a password is found in the list of those that are tried: the person's own first, then that of an open
 * registration.
 */
const ownPassword = 0

type Turn = ReturnType<typeof turnOf>
type Attempt = {
  account: Account | undefined
  device: KnownDevice | undefined
  counters: readonly SignInCounter[]
  admission: Admission
  phcs: readonly (string | undefined)[]
  password: string
  turn: Turn
}

async function openAttempt(deps: CheckDeps, presented: Presented, requester: Requester): Promise<Attempt> {
  const address = normalizedAddressOf(presented.email)
  const handleHash = hashOfHandle(presented.registrationHandle)
  const account = await findAccountByAddress(deps.system, { normalizedAddress: address, handleHash })
  const device = deps.devices.read(presented.deviceToken, ownerOf(account))
  const { limits } = deps.settings
  const counters = countersOf({ address, networks: requester.networks, deviceId: device?.id, limits })
  const admission = await readAdmission(deps, counters)
  const phcs = [account?.password?.phc, account?.registration?.phc]
  return {
    account,
    device,
    counters,
    admission,
    phcs,
    password: normalizePassword(presented.password),
    turn: turnOf(requester),
  }
}

const ownerOf = (account: Account | undefined): { userId: string; passwordChangedAt: string } | undefined =>
  account?.password && { userId: account.userId, passwordChangedAt: account.password.changedAt }

async function readAdmission(
  { system, settings }: Pick<Deps, 'system' | 'settings'>,
  counters: readonly SignInCounter[],
): Promise<Admission> {
  const { halfLifeSeconds } = settings.limits
  return decideAdmission(await readCounters(system, { counters, halfLifeSeconds }))
}

/** Undefined when the person gets in. The right password may still come too late or for nobody. */
function refusalOf(
  account: Account | undefined,
  match: number | undefined,
  admission: Admission,
): RefusalReason | undefined {
  if (account === undefined) return 'unknown_address'
  if (match === undefined) return 'wrong_password'
  if (account.status !== 'active') return 'disabled'
  return admission.kind === 'refused' ? 'locked' : undefined
}

type Success = { account: Account; match: number | undefined; admission: Admission; password: string; turn: Turn }

/**
 * Only the person's own password forgives: otherwise whoever made one registration could guess at another's without
 * end. A sign-in never fails because its hash could not be made stronger: the next one tries again.
 */
async function settleSuccess(deps: CheckDeps, { account, match, admission, password, turn }: Success): Promise<void> {
  outcomes.add(1, { outcome: 'right_password' })
  if (match !== ownPassword || account.password === undefined) return
  await forgetFailures(deps.system, ownCountersOf(admission))
  const { phc } = account.password
  if (!deps.hasher.isOutdated(phc)) return
  try {
    const to = await deps.hasher.hash(password, turn)
    await claimRehash(deps.system, { userId: account.userId, from: phc, to })
  } catch (err) {
    deps.log.warn({ err, user_id: account.userId }, 'a password keeps its older hash for now')
  }
}

/**
 * What the person's own typing may have filled: the device, or the narrowest network. Wider ones are shared with
 * strangers and wait.
 */
const ownCountersOf = ({ counters }: Admission): Admission['counters'] =>
  counters
    .filter(({ scope }) => scope === 'device' || scope === 'pair')
    .slice(0, 1)
    .filter(({ failures }) => failures > 0)
