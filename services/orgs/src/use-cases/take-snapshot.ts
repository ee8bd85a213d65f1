/**
 * What a reader loads when it begins anew: `state` is everything, `floors` what a gateway needs to refuse void tokens.
 */
import type { SnapshotView, SnapshotViews } from '@gatehouse/spine/produce/snapshot'
import { accessRulesOf } from '../domain/access-rules.ts'
import { snapshotStatus } from '../domain/organization-status.ts'
import { factorRolesOf } from '../domain/role-rules.ts'
import { eachMembership, eachOrganization, listRecentFloors } from '../store/snapshots.ts'

const state: SnapshotView = async (emit, tx) => {
  for await (const row of eachOrganization(tx)) {
    const { id, version, status, slug, mfaRequiredFrom } = row
    await emit({
      kind: 'organization',
      id,
      version,
      status: snapshotStatus(status),
      slug,
      mfa_required_from: mfaRequiredFrom?.toISOString() ?? null,
      mfa_roles: factorRolesOf(row.mfaRoles),
      access_rules: accessRulesOf(row),
    })
  }
  for await (const row of eachMembership(tx)) {
    await emit({
      kind: 'membership',
      id: row.id,
      organization_id: row.orgId,
      user_id: row.userId,
      version: row.version,
      status: row.status,
      is_owner: row.isOwner,
      roles: row.roles,
      attributes: row.attributes,
    })
  }
}

const floors: SnapshotView = async (emit, tx) => {
  for (const { kind, id, minVersion } of await listRecentFloors(tx)) await emit({ kind, id, min_version: minVersion })
}

export const snapshots: SnapshotViews = { state, floors }
