/** An organization's rules as one document. */
import {
  ApplyAuthorizationManifest,
  GetAuthorizationManifest,
} from '@gatehouse/contracts/http/authz/authorization-manifest'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { applyAuthorizationManifest } from '../use-cases/manifest/apply-authorization-manifest.ts'
import { getAuthorizationManifest } from '../use-cases/manifest/get-authorization-manifest.ts'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'

export function authorizationManifestRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetAuthorizationManifest, async ({ caller, request, reply }) => {
    const { manifest, tag } = await getAuthorizationManifest(deps, caller, { signal: signalOf(request) })
    sendVersion(reply, tag)
    return manifest
  })
  bindRoute(app, ApplyAuthorizationManifest, async ({ caller, query, body, request, reply }) => {
    const { applied, changes, tag } = await applyAuthorizationManifest(deps, caller, {
      manifest: body,
      dryRun: query.dry_run ?? false,
      isExpected: expectedVersion(request),
      signal: signalOf(request),
    })
    sendVersion(reply, tag)
    return { applied, changes }
  })
}
