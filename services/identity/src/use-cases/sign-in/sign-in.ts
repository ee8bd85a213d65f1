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
import { checkPassword } from './check-password.ts'

type SignInDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'constantTime' | 'settings' | 'log' | 'clients'>
type SignIn = { email: string; password: string; organizationId: string | null | undefined; source: string }

/** How the person authenticated (RFC 8176). */
const amr = ['pwd']

/** @throws AppError `invalid_credentials`, `unavailable`; of tokens: `not_found` for a foreign organization, `upstream_failed` */
export async function signIn(
  deps: SignInDeps,
  { email, password, source, organizationId }: SignIn,
): Promise<SignInResult> {
  const account = await checkPassword(deps, { email, password, source })
  const organization = choiceOf(organizationId)
  const step = decideNextStep(account)
  switch (step.kind) {
    case 'refused':
      throw problem('invalid_credentials')
    case 'challenge':
      return challenge(deps, {
        userId: account.userId,
        verificationId: step.verificationId,
        next: step.next,
        organization,
      })
    case 'session':
      return deps.clients.tokens.startSession({
        userId: account.userId,
        userVersion: account.version,
        amr,
        organization,
      })
  }
}

type Waiting = { userId: string; verificationId: string; next: string[]; organization: OrganizationChoice }

async function challenge(deps: SignInDeps, waiting: Waiting): Promise<SignInResult> {
  const { secret, hash } = mintSecret(challengePrefix)
  const signIn = {
    ...waiting,
    id: newId('sin'),
    challengeHash: hash,
    amr,
    ttlSeconds: deps.settings.challengeTtlSeconds,
  }
  await inScope(deps.system, {}, (tx) => insertSignIn(tx, signIn))
  return { status: 'challenge', challenge: secret, next: waiting.next }
}
