/** What workers asks identity: the links of mails, and where a person can be reached. */
import type { Static } from 'typebox'
import {
  ListProfiles,
  MintAddressChangeLink,
  MintEmailCode,
  MintEmailVerificationLink,
  MintPasswordResetLink,
} from '@gatehouse/contracts/http/identity/internal'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type IdentityClient = {
  /** A fresh secret for this mail; null when there is nothing to confirm any more. */
  mintEmailVerificationLink(
    verificationId: string,
  ): Promise<Static<typeof MintEmailVerificationLink.success.body>['mail']>
  /** A fresh secret for this mail; null once the reset is over. */
  mintPasswordResetLink(resetId: string): Promise<Static<typeof MintPasswordResetLink.success.body>['mail']>
  /** A fresh secret for this mail; null once the change is over. */
  mintAddressLink(
    changeId: string,
    purpose: 'confirm' | 'undo',
  ): Promise<Static<typeof MintAddressChangeLink.success.body>['mail']>
  /** A fresh code for this mail; null once the sign-in is over. */
  mintEmailCode(signInId: string): Promise<Static<typeof MintEmailCode.success.body>['mail']>
  /** @throws AppError `not_found`: no such person (any more). */
  getProfile(userId: string): Promise<Static<typeof ListProfiles.success.body>['data'][number]>
}

export const createIdentityClient = (http: ServiceClient): IdentityClient => ({
  async mintEmailVerificationLink(verificationId) {
    const { mail } = await http.call(MintEmailVerificationLink, { params: { verification: verificationId } })
    return mail
  },
  async mintPasswordResetLink(resetId) {
    const { mail } = await http.call(MintPasswordResetLink, { params: { reset: resetId } })
    return mail
  },
  async mintAddressLink(changeId, purpose) {
    const { mail } = await http.call(MintAddressChangeLink, { params: { change: changeId }, body: { purpose } })
    return mail
  },
  async mintEmailCode(signInId) {
    const { mail } = await http.call(MintEmailCode, { params: { sign_in: signInId } })
    return mail
  },
  async getProfile(userId) {
    const { data } = await http.call(ListProfiles, { body: { user_ids: [userId] } })
    const found = data.find((profile) => profile.id === userId)
    if (found === undefined) throw problem('not_found')
    return found
  },
})
