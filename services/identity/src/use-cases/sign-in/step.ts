/**
 * What one step of a stored sign-in gets and gives. A step runs in the transaction of the attempt, under the lock of
 * the person.
 */
import type { TotpEnrollment } from '@gatehouse/contracts/http/identity/totp-enrollment'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import type { VerifiedAssertion } from '../../factors/relying-party.ts'
import type { OpenSignIn } from '../../store/sign-in-transactions.ts'

export type StepDeps = Pick<Deps, 'totp'>
/** What was prepared before the transaction. */
export type Prepared = {
  /** Of the request; undefined when it was left out. */
  code?: string | undefined
  /** A PHC string that the presented password was of; it was hashed before the transaction. */
  matchedPhc?: string | undefined
  /** Of a passkey of the person, with a right signature. */
  assertion?: VerifiedAssertion | undefined
}
export type Answer = Prepared & { signIn: OpenSignIn }
/** `shown`: nothing was answered yet; what the person needs for it comes back. */
export type StepOutcome = { kind: 'proven' } | { kind: 'wrong' } | { kind: 'shown'; enrollment: TotpEnrollment }

export type AnswerStep = (deps: StepDeps, tx: Tx, answer: Answer) => Promise<StepOutcome>
