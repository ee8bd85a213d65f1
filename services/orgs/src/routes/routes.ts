/** Every route of orgs, written out: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { registerAcceptInvitation } from './accept-invitation.ts'
import { registerCreateInvitation } from './create-invitation.ts'
import { registerCreateOrganization } from './create-organization.ts'
import { registerDeclineInvitation } from './decline-invitation.ts'
import { registerGetOrganization } from './get-organization.ts'
import { registerListInvitations } from './list-invitations.ts'
import { registerListMembers } from './list-members.ts'
import { registerListMyOrganizations } from './list-my-organizations.ts'
import { registerMintInvitationLink } from './mint-invitation-link.ts'
import { registerRemoveMember } from './remove-member.ts'
import { registerRevokeInvitation } from './revoke-invitation.ts'
import { registerUpdateMember } from './update-member.ts'
import { registerUpdateOrganization } from './update-organization.ts'

type Register = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Register[] = [
  registerCreateOrganization,
  registerListMyOrganizations,
  registerGetOrganization,
  registerUpdateOrganization,
  registerListMembers,
  registerUpdateMember,
  registerRemoveMember,
  registerCreateInvitation,
  registerListInvitations,
  registerRevokeInvitation,
  registerAcceptInvitation,
  registerDeclineInvitation,
]

/** For other services only. */
export const internalRoutes: readonly Register[] = [registerMintInvitationLink]
