/** The state of authz as a reader of its events begins with it: current roles, policies and assignments, by id. */
import type { SnapshotView, SnapshotViews } from '@gatehouse/spine/produce/snapshot'
import { principalIdOf } from '../../store/schema.ts'
import { eachAssignment, eachPolicy, eachRole } from '../../store/snapshots.ts'

const state: SnapshotView = async (emit, tx) => {
  for await (const { id, version, orgId, key } of eachRole(tx))
    await emit({ kind: 'role', id, version, organization_id: orgId, key })
  for await (const { id, version, orgId, key, effect, resourceType } of eachPolicy(tx))
    await emit({ kind: 'policy', id, version, organization_id: orgId, key, effect, resource_type: resourceType })
  for await (const row of eachAssignment(tx)) {
    const { id, scope, orgId, principalType, roleId, expiresAt } = row
    await emit({
      kind: 'assignment',
      id,
      scope,
      organization_id: orgId,
      principal_type: principalType,
      principal_id: principalIdOf(row),
      role_id: roleId,
      expires_at: expiresAt?.toISOString() ?? null,
    })
  }
}

export const snapshots: SnapshotViews = { state }
