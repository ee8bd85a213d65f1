/** Members of an organization. */
import {
  CountMembers,
  ListMembers,
  ReactivateMember,
  RemoveMember,
  SuspendMember,
  TransferOwnership,
  UpdateMember,
} from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { countMembers } from '../use-cases/count-members.ts'
import { listMembers } from '../use-cases/list-members.ts'
import { removeMember } from '../use-cases/remove-member.ts'
import { setMemberStatus } from '../use-cases/suspend-member.ts'
import { transferOwnership } from '../use-cases/transfer-ownership.ts'
import { updateMember } from '../use-cases/update-member.ts'
import { pageInput } from './page-input.ts'

export function membersRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListMembers, ({ caller, query: { search, status, role, is_owner: isOwner, sort, ...query } }) =>
    listMembers(deps, caller, {
      ...pageInput(query),
      search,
      role,
      secondFactor: query.second_factor,
      status,
      isOwner,
      newestFirst: sort === '-joined_at',
    }),
  )
  bindRoute(app, CountMembers, ({ caller, query: { is_owner: isOwner, second_factor: secondFactor, ...query } }) =>
    countMembers(deps, caller, { ...query, isOwner, secondFactor }),
  )
  bindRoute(app, UpdateMember, ({ caller, params, body: { attributes, is_owner: isOwner } }) => {
    const change = {
      ...(attributes === undefined ? {} : { attributes }),
      ...(isOwner === undefined ? {} : { isOwner }),
    }
    return updateMember(deps, caller, { userId: params.user, change })
  })
  bindRoute(app, TransferOwnership, ({ caller, body }) => transferOwnership(deps, caller, { userId: body.user_id }))
  bindRoute(app, SuspendMember, ({ caller, params, body: { reason } }) =>
    setMemberStatus(deps, caller, { userId: params.user, status: 'suspended', reason }),
  )
  bindRoute(app, ReactivateMember, ({ caller, params }) =>
    setMemberStatus(deps, caller, { userId: params.user, status: 'active' }),
  )
  bindRoute(app, RemoveMember, ({ caller, params }) => removeMember(deps, caller, { userId: params.user }))
}
