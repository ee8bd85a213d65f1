/**
 * Which attributes of members a caller may not write: those that policies read, without the permission to write
 * attributes.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { isOrgCaller, type ServiceCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { protectedAttributes } from '../../domain/protected-attributes.ts'
import { isPermitted } from '../../access/check-permissions.ts'

/** @throws AppError `unauthenticated`, `not_current`, `revision_unavailable` */
export async function listProtectedAttributes(
  deps: Deps,
  { user: caller }: ServiceCaller,
): Promise<{ names: string[] }> {
  if (caller === undefined || !isOrgCaller(caller))
    throw problem('unauthenticated', { internal: 'no access token of an organization travelled along' })
  if (await isPermitted(deps, caller, permissions.writeAttributes)) return { names: [] }
  const { source } = await deps.factCache.model(caller.orgId)
  return { names: protectedAttributes(source.policies, 'membership').sort() }
}
