/** An organization's authorization exported as one document. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import type { FullManifest } from '../../domain/manifest-diff.ts'
import { permissions } from '../../domain/platform.ts'
import { listOwnRows } from '../../store/manifests.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { manifestOf, tagOf } from './manifest-of.ts'

export type TaggedManifest = { manifest: FullManifest; tag: string }

/** @throws AppError `forbidden` */
export async function getAuthorizationManifest(deps: Deps, caller: OrgCaller): Promise<TaggedManifest> {
  for (const permission of [permissions.readRoles, permissions.readPolicies])
    await requirePermission(deps, caller, permission)
  const { orgId } = caller
  return inScope(deps.db, { orgId }, async (tx) => {
    const keysById = new Map((await listRolesInReach(tx, orgId)).map(({ id, key }) => [id, key]))
    const manifest = manifestOf(await listOwnRows(tx, orgId), { keysById })
    return { manifest, tag: tagOf(manifest) }
  })
}
