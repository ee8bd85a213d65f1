/** From the secret of a link to the invitation it opens; every reason it opens nothing is the same `invalid_token`. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../deps.ts'
import { invitationSecretPrefix } from '../domain/invitation.ts'
import { findOpenInvitationBySecret, type OpenInvitation } from '../store/invitation-secrets.ts'

/** @throws AppError `invalid_token` */
export async function openInvitation(deps: Pick<Deps, 'system'>, secret: string): Promise<OpenInvitation> {
  const open = isWellFormed(invitationSecretPrefix, secret)
    ? await findOpenInvitationBySecret(deps.system, hashSecret(secret))
    : undefined
  if (!open) throw problem('invalid_token')
  return open
}
