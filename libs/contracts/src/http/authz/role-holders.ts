/** Which roles somebody holds, and who holds a role: what neighbours ask about members. */
import Type from 'typebox'
import { Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'
import { defineRoute } from '../contract.ts'

/** What a client of the OpenID provider is told of a person (scope `roles`). */
export const ListMemberRoleKeys = defineRoute({
  operationId: 'listMemberRoleKeys',
  service: 'authz',
  method: 'POST',
  path: '/internal/members/roles',
  summary:
    'Which roles does this member hold now for all of the organization, by themselves, by groups and as an owner?',
  auth: 'internal',
  callers: ['tokens'],
  retryable: true,
  body: Type.Object({ organization_id: OrganizationId, user_id: UserId }),
  success: {
    status: 200,
    body: Type.Object({ roles: Type.Array(Type.String()) }),
    description: 'Their keys, in alphabetical order; none of somebody who may do nothing there.',
  },
  problems: ['not_current'],
})

/** What a list of members is filtered by. As many memberships as orgs looks through at a time. */
export const FindRoleHolders = defineRoute({
  operationId: 'findRoleHolders',
  service: 'authz',
  method: 'POST',
  path: '/internal/roles/holders',
  summary:
    'Which of these members hold this role now for all of the organization: by themselves, by groups, as owners, or ' +
    'by a role that inherits it?',
  auth: 'internal',
  callers: ['orgs'],
  retryable: true,
  body: Type.Object({
    organization_id: OrganizationId,
    role: Key,
    membership_ids: Type.Array(MembershipId, { minItems: 1, maxItems: 200 }),
  }),
  success: {
    status: 200,
    body: Type.Object({ membership_ids: Type.Array(MembershipId) }),
    description: 'Suspended members among them, for they keep their roles; none of a role that does not exist.',
  },
  problems: ['not_current'],
})
