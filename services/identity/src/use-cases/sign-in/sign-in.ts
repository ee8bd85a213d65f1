/** Address and password in; a session out, or a stored sign-in that waits until the registration of this password is proven. */
import type { SignInResult } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { challengePrefix } from '../../domain/secret-prefixes.ts'
import { choiceOf, decideNextStep, type OrganizationChoice } from '../../domain/sign-in.ts'
import { insertSignIn } from '../../store/sign-in-transactions.ts'
import type { Requester } from '../requester.ts'
import { checkPassword, type Authenticated, type Presented } from './check-password.ts'

type SignInDeps = Pick<
  Deps,
  'spine' | 'system' | 'hasher' | 'constantTime' | 'settings' | 'log' | 'clients' | 'devices'
>
type SignIn = Presented & { organizationId: string | null | undefined }

/** `deviceToken`: given when the device was not known yet, or its token grows old. */
export type SignInOutcome = { result: SignInResult; deviceToken?: string }

/** How the person authenticated (RFC 8176). */
const amr = ['pwd']

/** @throws AppError `invalid_credentials`, `unavailable`; of tokens: `not_found` for a foreign organization, `upstream_failed` */
export async function signIn(
  deps: SignInDeps,
  { organizationId, ...presented }: SignIn,
  requester: Requester,
): Promise<SignInOutcome> {
  const { account, verificationId, device } = await checkPassword(deps, presented, requester)
  const organization = choiceOf(organizationId)
  const step = decideNextStep({ status: account.status, verificationId })
  switch (step.kind) {
    case 'refused':
      throw problem('invalid_credentials')
    case 'challenge': {
      const { userId } = account
      return challenge(deps, { userId, verificationId: step.verificationId, next: step.next, organization })
    }
    case 'session': {
      const session = { userId: account.userId, userVersion: account.version, amr, organization }
      const result = await deps.clients.tokens.startSession(session)
      return { result, ...renewDevice(deps, account, device) }
    }
  }
}

function renewDevice(
  { devices }: Pick<Deps, 'devices'>,
  { userId, password }: Authenticated['account'],
  device: Authenticated['device'],
): { deviceToken?: string } {
  if (password === undefined || (device !== undefined && !device.isAgeing)) return {}
  return { deviceToken: devices.mint({ userId, passwordChangedAt: password.changedAt }) }
}

type Waiting = { userId: string; verificationId: string; next: string[]; organization: OrganizationChoice }

async function challenge(deps: SignInDeps, waiting: Waiting): Promise<SignInOutcome> {
  const { secret, hash } = mintSecret(challengePrefix)
  const signIn = {
    ...waiting,
    id: newId('sin'),
    challengeHash: hash,
    amr,
    ttlSeconds: deps.settings.challengeTtlSeconds,
  }
  await inScope(deps.system, {}, (tx) => insertSignIn(tx, signIn))
  return { result: { status: 'challenge', challenge: secret, next: waiting.next } }
}
