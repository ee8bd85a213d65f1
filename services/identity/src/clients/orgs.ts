/** What identity asks of orgs: where a person who has proven who they are may go on to. */
import type { OfferedOrganization } from '@gatehouse/contracts/http/identity/sign-in'
import { ListOrganizationsToChoose } from '@gatehouse/contracts/http/orgs/internal'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type OrgsClient = {
  /** Active ones that the person is an active member of. @throws AppError `upstream_failed` */
  organizationsOf(userId: string): Promise<OfferedOrganization[]>
}

export const createOrgsClient = (http: ServiceClient): OrgsClient => ({
  organizationsOf: async (userId) => (await http.call(ListOrganizationsToChoose, { params: { user: userId } })).data,
})
