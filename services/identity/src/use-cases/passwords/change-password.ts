/**
 * A signed-in person changes their password. The present one is checked as a sign-in checks it: with the same limits, counted by the same counters.
 * The sign-in of the session has to be recent as well, so that a session left open somewhere is not enough beside a password somebody overheard.
 */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { normalizePassword } from '../../domain/password-rules.ts'
import { findProfile } from '../../store/users.ts'
import type { Requester } from '../requester.ts'
import { checkPassword } from '../sign-in/check-password.ts'
import { preparePassword } from './prepare-password.ts'
import { replacePassword } from './replace-password.ts'

type ChangeDeps = Pick<
  Deps,
  'db' | 'spine' | 'system' | 'hasher' | 'estimateStrength' | 'constantTime' | 'settings' | 'log' | 'devices' | 'clock'
>
type Change = { current: string; chosen: string; deviceToken: string | undefined }

/**
 * A token of the device that sent its own: the new password makes every earlier one worthless.
 * @throws AppError `insufficient_user_authentication`, `not_found`, `invalid_credentials`, `weak_password`, `unavailable`
 */
export async function changePassword(
  deps: ChangeDeps,
  caller: UserCaller,
  { current, chosen, deviceToken }: Change,
  requester: Requester,
): Promise<{ deviceToken?: string }> {
  requireRecentSignIn(deps, caller)
  const { userId, sessionId } = caller
  const profile = await inScope(deps.db, { userId }, (tx) => findProfile(tx, userId))
  if (profile === undefined) throw problem('not_found')
  const presented = { email: profile.address, password: current, deviceToken, registrationHandle: undefined }
  const { account, verificationId, device } = await checkPassword(deps, presented, requester)
  if (account.userId !== userId || verificationId !== undefined || account.password === undefined)
    throw problem('invalid_credentials')
  const phc = await prepareNew(deps, { current, chosen, ...profile }, requester)
  const by = { kind: 'change', from: account.password.changedAt, sessionId } as const
  const changedAt = await deps.spine.write(
    {},
    async (tx) => {
      const at = await replacePassword(tx, { userId, phc, actor: actorOf(caller), by })
      if (at === undefined) throw problem('invalid_credentials', { internal: 'the password was replaced meanwhile' })
      return at
    },
    { db: 'system', announce: 'await' },
  )
  return device === undefined ? {} : { deviceToken: deps.devices.mint({ userId, passwordChangedAt: changedAt }) }
}

function requireRecentSignIn({ settings, clock }: Pick<Deps, 'settings' | 'clock'>, { claims }: UserCaller): void {
  const maxAge = settings.passwordChangeMaxAgeSeconds
  const allowed = clock.now().getTime() / 1000 - claims.auth_time <= maxAge
  requireAllowed({ allowed, obligation: { type: 'step_up', max_age: maxAge } }, { kind: 'user' }, 'a recent sign-in')
}

async function prepareNew(
  deps: Pick<Deps, 'hasher' | 'estimateStrength'>,
  o: { current: string; chosen: string; name: string; address: string },
  requester: Requester,
): Promise<string> {
  const path = '/new_password'
  if (normalizePassword(o.chosen) === normalizePassword(o.current))
    throw problem('weak_password', { errors: [{ path, message: 'It is the password you have now.' }] })
  return preparePassword(deps, { password: o.chosen, name: o.name, address: o.address, path }, requester)
}
