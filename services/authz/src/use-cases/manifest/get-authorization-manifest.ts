/** An organization's authorization exported as one document. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import type { FullManifest } from '../../domain/manifest-diff.ts'
import { permissions } from '../../domain/platform.ts'
import { listOwnRows } from '../../store/manifests.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { documenting, tagging } from './manifest-of.ts'

export type TaggedManifest = { manifest: FullManifest; tag: string }

/** @throws AppError `forbidden` */
export async function getAuthorizationManifest(
  deps: Deps,
  caller: OrgCaller,
  { signal }: { signal?: AbortSignal } = {},
): Promise<TaggedManifest> {
  for (const permission of [permissions.readRoles, permissions.readPolicies])
    await requirePermission(deps, caller, permission)
  const { orgId } = caller
  const turns = { work: 'manifest', key: orgId, signal }
  const { rows, keysById } = await inScope(deps.db, { orgId }, async (tx) => ({
    keysById: new Map((await listRolesInReach(tx, orgId)).map(({ id, key }) => [id, key])),
    rows: await listOwnRows(tx, orgId),
  }))
  const manifest = await inTurns(documenting(rows, { keysById }), turns)
  return { manifest, tag: await inTurns(tagging(manifest), turns) }
}
