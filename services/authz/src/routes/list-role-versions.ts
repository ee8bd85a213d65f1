/** GET /v1/organizations/:org/roles/:role/versions */
import { ListRoleVersions } from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listRoleVersions } from '../use-cases/roles/list-role-versions.ts'

export const registerListRoleVersions = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListRoleVersions, ({ caller, params, query }) =>
    listRoleVersions(deps, caller, { roleId: params.role, limit: query.limit ?? 50, cursor: query.cursor }),
  )
