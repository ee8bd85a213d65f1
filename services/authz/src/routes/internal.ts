/** What other services ask the decision point. */
import {
  CheckGrantableRoles,
  CheckPermissions,
  ListProtectedAttributes,
} from '@gatehouse/contracts/http/authz/evaluation'
import { FindRoleHolders, ListMemberRoleKeys } from '@gatehouse/contracts/http/authz/role-holders'
import { CheckGrantableServiceAccount } from '@gatehouse/contracts/http/authz/service-account-roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { checkGrantableRoles } from '../use-cases/assignments/check-grantable-roles.ts'
import { checkGrantableServiceAccount } from '../use-cases/assignments/check-grantable-service-account.ts'
import { findRoleHolders } from '../use-cases/assignments/find-role-holders.ts'
import { listMemberRoleKeys } from '../use-cases/assignments/list-member-role-keys.ts'
import { listProtectedAttributes } from '../use-cases/directory/list-protected-attributes.ts'
import { checkPermissions } from '../access/check-permissions.ts'

export function neighbourRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CheckPermissions, ({ caller, body }) => checkPermissions(deps, caller, body))
  bindRoute(app, CheckGrantableServiceAccount, ({ caller, body }) => checkGrantableServiceAccount(deps, caller, body))
  bindRoute(app, ListMemberRoleKeys, ({ body }) =>
    listMemberRoleKeys(deps, { orgId: body.organization_id, userId: body.user_id }),
  )
  bindRoute(app, FindRoleHolders, ({ body }) =>
    findRoleHolders(deps, {
      orgId: body.organization_id,
      roles: body.roles,
      forSomeResources: body.for_some_resources === true,
      membershipIds: body.membership_ids,
    }),
  )
  bindRoute(app, ListProtectedAttributes, ({ caller }) => listProtectedAttributes(deps, caller))
  bindRoute(app, CheckGrantableRoles, ({ body }) => checkGrantableRoles(deps, body))
}
