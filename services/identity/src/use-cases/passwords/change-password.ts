/**
 * A signed-in person changes their password. Other sessions end; this one goes on, and so does a device that is known.
 */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { normalizePassword } from '../../domain/password-rules.ts'
import type { Requester } from '../requester.ts'
import { confirmPresentPassword } from './confirm-present-password.ts'
import { preparePassword } from './prepare-password.ts'
import { replacePassword } from './replace-password.ts'

type ChangeDeps = Parameters<typeof confirmPresentPassword>[0] & Pick<Deps, 'estimateStrength'>
type Change = { current: string; chosen: string; deviceToken: string | undefined }

/**
 * A token of the device that sent its own: the new password makes every earlier one worthless.
 * @throws AppError `insufficient_user_authentication`, `not_found`, `invalid_credentials`, `weak_password`,
 *   `unavailable`
 */
export async function changePassword(
  deps: ChangeDeps,
  caller: UserCaller,
  { current, chosen, deviceToken }: Change,
  requester: Requester,
): Promise<{ deviceToken?: string }> {
  const { userId, sessionId } = caller
  const confirmed = await confirmPresentPassword(deps, caller, { password: current, deviceToken }, requester)
  const phc = await prepareNew(deps, { current, chosen, ...confirmed.profile }, requester)
  const by = { kind: 'change', from: confirmed.passwordChangedAt, sessionId } as const
  const changedAt = await deps.spine.write(
    {},
    async (tx) => {
      const at = await replacePassword(tx, { userId, phc, actor: actorOf(caller), by })
      // Thrown in here, so that the version that was raised for it is not.
      if (at === undefined) throw problem('invalid_credentials', { internal: 'the password was replaced meanwhile' })
      return at
    },
    { db: 'system', announce: 'await' },
  )
  if (confirmed.device === undefined) return {}
  return { deviceToken: deps.devices.mint({ userId, passwordChangedAt: changedAt }) }
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
