/**
 * Opens an account. Every address costs the same work: the password is judged, compared and hashed, and a registration
 * is stored by the same statements. A registration of an address that somebody has proven waits beside the account like
 * any other, and no mail ever completes it.
 */
import { UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import { registrationPrefix } from '../../domain/secret-prefixes.ts'
import { findNewestRegistration, insertRegistration } from '../../store/email-verifications.ts'
import { registerAddress } from '../../store/emails.ts'
import { insertUserWhen } from '../../store/users.ts'
import { requireStrongPassword } from '../passwords/prepare-password.ts'
import { turnOf, type Requester } from '../requester.ts'
import { requestMail } from './request-verification.ts'
import { writeWithoutRevision } from '../write-without-revision.ts'

type RegisterDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'estimateStrength' | 'constantTime' | 'settings'>
type NewRegistration = { email: string; password: string; name: string }
type Prepared = {
  address: string
  name: string
  phc: string
  source: string
  handleHash: Buffer
  repeatedId: string | undefined
}

/** A handle that belongs to the client that asked. @throws AppError `weak_password`, `unavailable` */
export function register(
  deps: RegisterDeps,
  { email: address, password, name }: NewRegistration,
  requester: Requester,
): Promise<{ handle: string }> {
  return deps.constantTime.always(async () => {
    const newest = await findNewestRegistration(deps.system, normalizedAddressOf(address))
    const strong = await requireStrongPassword(deps, { password, name, address }, requester)
    const { phc, isSame } = await deps.hasher.hashAndCompare(strong, newest?.phc, turnOf(requester))
    const { secret: handle, hash: handleHash } = mintSecret(registrationPrefix)
    const [source] = requester.networks
    const prepared = { address, name, phc, source, handleHash, repeatedId: isSame ? newest?.id : undefined }
    await writeWithoutRevision(deps, (tx) => storeRegistration(tx, deps, prepared))
    return { handle }
  })
}

async function storeRegistration(
  tx: Tx,
  { settings }: Pick<Deps, 'settings'>,
  { address, name, phc, source, handleHash, repeatedId }: Prepared,
): Promise<void> {
  const userId = newId('user')
  const normalizedAddress = normalizedAddressOf(address)
  const email = await registerAddress(tx, { id: newId('eml'), userId, address, normalizedAddress })
  await insertUserWhen(tx, { id: userId, name, isWanted: email.isNew })
  await appendEvent(tx, {
    contract: UserRegistered,
    aggregateType: 'user',
    aggregateId: userId,
    version: 1,
    userId,
    actor: `user:${userId}`,
    data: { user_id: userId, email_verified: false, via: 'registration' },
    isWanted: email.isNew,
  })
  await insertRegistration(tx, {
    id: newId('ver'),
    userId: email.userId,
    emailId: email.id,
    name,
    phc,
    source,
    handleHash,
    repeatedId,
  })
  // Anybody may register a known address, so nobody is named as the one who did.
  const actor = email.isNew ? (`user:${userId}` as const) : 'system'
  await requestMail(tx, { email, normalizedAddress, handleHash, settings, isResend: false, actor })
}
