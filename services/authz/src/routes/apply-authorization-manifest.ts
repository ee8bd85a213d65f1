/** PUT /v1/organizations/:org/authorization-manifest */
import { ApplyAuthorizationManifest } from '@gatehouse/contracts/http/authz/authorization-manifest'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { applyAuthorizationManifest } from '../use-cases/manifest/authorization-manifest.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerApplyAuthorizationManifest = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ApplyAuthorizationManifest, async ({ caller, query, body, request, reply }) => {
    const { applied, changes, tag } = await applyAuthorizationManifest(deps, caller, {
      manifest: body,
      dryRun: query.dry_run ?? false,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, tag)
    return { applied, changes }
  })
