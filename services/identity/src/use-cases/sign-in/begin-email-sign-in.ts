/**
 * Begins a sign-in with the code of a mail. Every address takes the same statements and gets the same answer at the
 * same time: a challenge, behind which there is a sign-in where somebody has proven the address and the limits of mails
 * allow it.
 */
import { EmailCodeRequested } from '@gatehouse/contracts/events/identity/email-code'
import type { Challenged } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { choiceOf } from '../../domain/organization-choice.ts'
import { challengePrefix } from '../../domain/secret-prefixes.ts'
import { hashOfEmailCode, newEmailCode, shownEmailCode } from '../../factors/email-codes.ts'
import { insertEmailCode, insertEmailSignIn } from '../../store/email-codes.ts'
import { countMailRequest } from '../../store/sign-in-counters.ts'
import { addressLimit, mailsPerCooldown, networkLimit } from '../passwords/forgot-password.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import type { Requester } from '../requester.ts'
import { writeWithoutRevision } from '../write-without-revision.ts'
import { hashOfBrowser } from './browser.ts'

type BeginDeps = Pick<Deps, 'spine' | 'constantTime' | 'settings'>
type Wanted = { email: string; organizationId: string | null | undefined; browser: string | undefined }

/** @throws AppError `not_found` where the deployment does not let people sign in so */
export function beginEmailSignIn(deps: BeginDeps, wanted: Wanted, requester: Requester): Promise<Challenged> {
  if (!deps.settings.emailCodes) throw problem('not_found')
  const { secret, hash } = mintSecret(challengePrefix)
  return deps.constantTime.always(async () => {
    await writeWithoutRevision(deps, (tx) => begin(deps, tx, { ...wanted, challengeHash: hash, requester }))
    return { status: 'challenge', challenge: secret, next: ['email_code'] }
  })
}

async function begin(
  { settings }: BeginDeps,
  tx: Tx,
  o: Wanted & { challengeHash: Buffer; requester: Requester },
): Promise<void> {
  const normalizedAddress = normalizedAddressOf(o.email)
  const [network = ''] = o.requester.networks
  // The network's first: whoever holds the row of an address never waits for that of a network.
  const byNetwork = await countMailRequest(tx, { parts: ['code', 'network', network], ...networkLimit })
  const toAddress = await countMailRequest(tx, { parts: ['code', 'address', normalizedAddress], ...addressLimit })
  const id = newId('sin')
  const userId = await insertEmailSignIn(tx, {
    id,
    normalizedAddress,
    challengeHash: o.challengeHash,
    browserHash: hashOfBrowser(o.browser),
    organization: choiceOf(o.organizationId),
    ttlSeconds: settings.challengeTtlSeconds,
    cooldownSeconds: settings.resendCooldownSeconds,
    mailsPerCooldown,
    isAllowed: Math.round(byNetwork) < networkLimit.ceiling && Math.round(toAddress) < addressLimit.ceiling,
  })
  const about = userId ?? newId('user')
  await appendEvent(tx, {
    contract: EmailCodeRequested,
    aggregateType: 'email_code',
    aggregateId: id,
    version: 1,
    userId: about,
    actor: 'system',
    data: { sign_in_id: id, user_id: about },
    isWanted: userId !== undefined,
  })
}

type CodeMail = { to: string; name: string; code: string; locale?: string }

/** The code of one mail, minted when the mail is sent. Undefined when there is nothing to send any more. */
export async function mintEmailCode(
  { system, settings }: Pick<Deps, 'system' | 'settings'>,
  { signInId }: { signInId: string },
): Promise<CodeMail | undefined> {
  const code = newEmailCode()
  const codeHash = hashOfEmailCode({ signInId, code })
  if (codeHash === undefined) throw new Error('A new code is none')
  const ttlSeconds = settings.emailCodeTtlSeconds
  const recipient = await insertEmailCode(system, { signInId, codeHash, ttlSeconds })
  if (recipient === undefined) return undefined
  const { address, name, locale } = recipient
  return { to: address, name, code: shownEmailCode(code), ...(locale !== null && { locale }) }
}
