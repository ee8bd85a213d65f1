/**
 * One use of a passkey, in the transaction of the sign-in: its challenge is spent, its counter moves on. A counter that
 * has not moved says that the credential was copied (WebAuthn §6.1.1): it is refused and the person is warned, also
 * when the request fails for it.
 */
import { PasskeyCounterRegressed } from '@gatehouse/contracts/events/identity/factors'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { VerifiedAssertion } from '../../factors/relying-party.ts'
import { nextFactorsVersion } from '../../store/factors.ts'
import { claimPasskeyChallenge, claimPasskeyUse, findPasskeyByCredential } from '../../store/passkeys.ts'

type Use = {
  userId: string
  assertion: VerifiedAssertion
  /** What the challenge was given out for; undefined: for whoever has a discoverable credential. */
  signInId: string | undefined
}

/** Under the lock of the person. */
export async function usePasskey(tx: Tx, { userId, assertion, signInId }: Use): Promise<boolean> {
  const { challengeHash, credentialId, signCount, isBackedUp } = assertion
  const givenFor = signInId === undefined ? {} : { userId, signInId }
  if (!(await claimPasskeyChallenge(tx, { challengeHash, purpose: 'authentication', ...givenFor }))) return false
  if (await claimPasskeyUse(tx, { credentialId, userId, signCount, isBackedUp })) return true
  const passkey = await findPasskeyByCredential(tx, credentialId)
  if (passkey?.userId === userId)
    await appendEvent(tx, {
      contract: PasskeyCounterRegressed,
      aggregateType: 'factors',
      aggregateId: userId,
      version: await nextFactorsVersion(tx, userId),
      userId,
      actor: 'system',
      data: { user_id: userId, passkey_id: passkey.id },
    })
  return false
}
