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

/**
 * What a list of members is filtered by, and a second factor is asked for. As many memberships as orgs looks through at
 * a time; none where it is only asked which roles there are.
 */
export const FindRoleHolders = defineRoute({
  operationId: 'findRoleHolders',
  service: 'authz',
  method: 'POST',
  path: '/internal/roles/holders',
  summary:
    'Which of these members hold one of these roles now: by themselves, by groups, as owners, or by a role that ' +
    'inherits it? For all of the organization, unless roles for some resources count as well.',
  auth: 'internal',
  callers: ['orgs', 'tokens'],
  retryable: true,
  body: Type.Object({
    organization_id: OrganizationId,
    roles: Type.Array(Key, { minItems: 1, maxItems: 50, uniqueItems: true }),
    /** Also whoever holds the role for some resources alone. */
    for_some_resources: Type.Optional(Type.Boolean()),
    membership_ids: Type.Array(MembershipId, { maxItems: 200 }),
  }),
  success: {
    status: 200,
    body: Type.Object({ membership_ids: Type.Array(MembershipId), unknown_roles: Type.Array(Key) }),
    description: 'Suspended members among them, for they keep their roles; and the roles that do not exist.',
  },
  problems: ['not_current'],
})
