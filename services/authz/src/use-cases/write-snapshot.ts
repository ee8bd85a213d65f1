/** The state of authz as a reader of its events begins with it: current roles, policies and assignments, by id. */
import type { SnapshotView } from '@gatehouse/service-kit/events/snapshot'
import { eachAssignment, eachPolicy, eachRole, eachServiceAccountAssignment } from '../store/snapshots.ts'

export const writeState: SnapshotView = async (emit, tx) => {
  for await (const { id, version, orgId, key } of eachRole(tx)) await emit({ kind: 'role', id, version, organization_id: orgId, key })
  for await (const { id, version, orgId, key, effect, resourceType } of eachPolicy(tx)) await emit({ kind: 'policy', id, version, organization_id: orgId, key, effect, resource_type: resourceType })
  for await (const { id, scope, orgId, principalId, roleId, expiresAt } of eachAssignment(tx)) {
    await emit({ kind: 'assignment', id, scope, organization_id: orgId, user_id: principalId, role_id: roleId, expires_at: expiresAt?.toISOString() ?? null })
  }
  for await (const { id, scope, orgId, principalId, roleId, expiresAt } of eachServiceAccountAssignment(tx)) {
    await emit({ kind: 'assignment', id, scope, organization_id: orgId, service_account_id: principalId, role_id: roleId, expires_at: expiresAt?.toISOString() ?? null })
  }
}
