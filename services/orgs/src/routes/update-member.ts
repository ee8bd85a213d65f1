/** PATCH /v1/organizations/:org/members/:user */
import { UpdateMember } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { updateMember } from '../use-cases/update-member.ts'

export const registerUpdateMember = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, UpdateMember, ({ caller, params, body: { attributes, is_owner: isOwner } }) => {
    const change = {
      ...(attributes === undefined ? {} : { attributes }),
      ...(isOwner === undefined ? {} : { isOwner }),
    }
    return updateMember(deps, caller, { userId: params.user, change })
  })
