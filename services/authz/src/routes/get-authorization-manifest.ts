/** GET /v1/organizations/:org/authorization-manifest */
import { GetAuthorizationManifest } from '@gatehouse/contracts/http/authz/authorization-manifest'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getAuthorizationManifest } from '../use-cases/manifest/authorization-manifest.ts'
import { sendVersion } from './version-tag.ts'

export const registerGetAuthorizationManifest = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetAuthorizationManifest, async ({ caller, reply }) => {
    const { manifest, tag } = await getAuthorizationManifest(deps, caller)
    sendVersion(reply, tag)
    return manifest
  })
