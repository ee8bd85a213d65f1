/** The open invitation that the token of a link stands for; every reason there is none is the same `invalid_token`. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../deps.ts'
import { invitationSecretPrefix } from '../domain/invitation.ts'
import { findOpenInvitationBySecret, type OpenInvitation } from '../store/invitation-secrets.ts'

/** @throws AppError `invalid_token` */
export async function getInvitationByToken(deps: Pick<Deps, 'system'>, token: string): Promise<OpenInvitation> {
  const open = isWellFormed(invitationSecretPrefix, token)
    ? await findOpenInvitationBySecret(deps.system, hashSecret(token))
    : undefined
  if (!open) throw problem('invalid_token')
  return open
}
