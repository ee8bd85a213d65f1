/** `POST /internal/users/profiles` */
import { ListProfiles } from '@gatehouse/contracts/http/identity/internal'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listProfiles } from '../use-cases/list-profiles.ts'

export function registerListProfiles(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListProfiles, async ({ body }) => {
    const profiles = await listProfiles(deps, { userIds: body.user_ids })
    return {
      data: profiles.map(({ id, name, address, isEmailVerified }) => ({
        id,
        name,
        email: address,
        email_verified: isEmailVerified,
      })),
    }
  })
}
