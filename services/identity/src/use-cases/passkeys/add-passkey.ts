/**
 * Adds a passkey to the signed-in person: options first, whose challenge is theirs and works once, then the credential
 * that was made.
 */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import type { Passkey as PasskeyView, PasskeyAttestation } from '@gatehouse/contracts/http/identity/passkeys'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { hasSecondFactor } from '../../domain/sign-in/steps.ts'
import type { NewCredential } from '../../factors/relying-party.ts'
import { listFactors, lockPerson } from '../../store/factors.ts'
import {
  claimPasskeyChallenge,
  insertPasskey,
  insertPasskeyChallenge,
  listPasskeys,
  type Passkey,
} from '../../store/passkeys.ts'
import { findProfile } from '../../store/users.ts'
import { announceFactors } from '../factors/announce-factors.ts'
import { enrolledOf } from '../factors/enrolled.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'
import { passkeyViewOf } from './passkey-view.ts'

type AddDeps = Pick<Deps, 'spine' | 'system' | 'relyingParty' | 'clock' | 'settings'>

const maxPasskeys = 20
const tooMany = (): Error => problem('limit_reached', { detail: `A person has at most ${maxPasskeys} passkeys.` })

async function requireStrongEnough(deps: AddDeps, caller: UserCaller): Promise<void> {
  const enrolled = enrolledOf(await listFactors(deps.system, caller.userId))
  requireRecentSignIn(deps, caller, { strong: hasSecondFactor(enrolled) })
}

/** @throws AppError `insufficient_user_authentication`, `limit_reached`, `not_found` */
export async function beginPasskey(deps: AddDeps, caller: UserCaller): Promise<Record<string, unknown>> {
  const { userId } = caller
  await requireStrongEnough(deps, caller)
  const profile = await findProfile(deps.system, userId)
  if (profile === undefined) throw problem('not_found')
  const known = await listPasskeys(deps.system, userId)
  if (known.length >= maxPasskeys) throw tooMany()
  const { options, challengeHash } = await deps.relyingParty.registrationOptions({
    userId,
    address: profile.address,
    known,
  })
  await insertPasskeyChallenge(deps.system, { challengeHash, purpose: 'registration', userId })
  return options
}

/**
 * @throws AppError `insufficient_user_authentication`, `invalid_passkey`, `conflict` for a credential that exists,
 * `limit_reached`
 */
export async function addPasskey(
  deps: AddDeps,
  caller: UserCaller,
  { credential, name }: { credential: PasskeyAttestation; name: string },
): Promise<PasskeyView> {
  await requireStrongEnough(deps, caller)
  const made = await deps.relyingParty.verifyAttestation(credential)
  if (made === undefined) throw problem('invalid_passkey')
  const outcome = await deps.spine.write({}, (tx) => add(tx, caller, { ...made, name }), { db: 'system' })
  if (typeof outcome !== 'string') return passkeyViewOf(outcome)
  if (outcome === 'limit_reached') throw tooMany()
  throw problem(outcome, outcome === 'conflict' ? { detail: 'This passkey belongs to somebody already.' } : {})
}

async function add(
  tx: Tx,
  caller: UserCaller,
  { credential, challengeHash, name }: { credential: NewCredential; challengeHash: Buffer; name: string },
): Promise<Passkey | 'invalid_passkey' | 'conflict' | 'limit_reached'> {
  const { userId } = caller
  if ((await lockPerson(tx, userId)) === undefined) return 'invalid_passkey'
  if (!(await claimPasskeyChallenge(tx, { challengeHash, purpose: 'registration', userId }))) return 'invalid_passkey'
  if ((await listPasskeys(tx, userId)).length >= maxPasskeys) return 'limit_reached'
  const passkey = await insertPasskey(tx, { ...credential, userId, name })
  if (passkey === undefined) return 'conflict'
  await announceFactors(tx, { userId, actor: actorOf(caller), change: 'passkey_added' })
  return passkey
}
