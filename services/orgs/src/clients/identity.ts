/** What orgs asks identity: who people are, and to make a verified user out of an accepted invitation. */
import { CreateInvitedUser, FindUserByAddress, ListProfiles } from '@gatehouse/contracts/http/identity/internal'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type Profile = { id: string; name: string; email: string; email_verified: boolean }

export type IdentityClient = {
  /** The known ones of these people (at most 200), by id. */
  profilesOf(userIds: string[]): Promise<Map<string, Profile>>
  /** Of these people (at most 200), those who have set up a second factor. */
  withSecondFactor(userIds: string[]): Promise<Set<string>>
  /** The person who has proven this address. */
  findUserByAddress(email: string): Promise<string | undefined>
  /**
   * The user of this invitation; asking again gives the same one. Throws `conflict` for an address that is known,
   * `weak_password`.
   */
  createInvitedUser(o: { invitationId: string; email: string; name: string; password: string }): Promise<string>
}

export const createIdentityClient = (http: ServiceClient): IdentityClient => ({
  async profilesOf(userIds) {
    if (userIds.length === 0) return new Map()
    const { data } = await http.call(ListProfiles, { body: { user_ids: userIds } })
    return new Map(data.map((profile) => [profile.id, profile]))
  },
  async withSecondFactor(userIds) {
    if (userIds.length === 0) return new Set()
    const { data } = await http.call(ListProfiles, { body: { user_ids: userIds, with_second_factor: true } })
    return new Set(data.flatMap(({ id, has_second_factor: isStrong }) => (isStrong === true ? [id] : [])))
  },
  async findUserByAddress(email) {
    const { user_id } = await http.call(FindUserByAddress, { body: { email } })
    return user_id ?? undefined
  },
  async createInvitedUser({ invitationId, email, name, password }) {
    const { user_id } = await http.call(CreateInvitedUser, {
      body: { invitation_id: invitationId, email, name, password },
    })
    return user_id
  },
})
