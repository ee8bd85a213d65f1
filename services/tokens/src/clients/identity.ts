/** What tokens asks identity: who somebody is, for the claims of a client the person signed in to. */
import { ListProfiles } from '@gatehouse/contracts/http/identity/internal'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type Profile = { id: string; name: string; email: string; email_verified: boolean; locale?: string }

export type IdentityClient = {
  /** Undefined for somebody identity does not know. @throws AppError `upstream_failed` */
  profileOf(userId: string): Promise<Profile | undefined>
}

export const createIdentityClient = (http: ServiceClient): IdentityClient => ({
  profileOf: async (userId) => (await http.call(ListProfiles, { body: { user_ids: [userId] } })).data[0],
})
