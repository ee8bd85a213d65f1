/** Access requests as they go over the wire. */
import type { AccessRequest, OwnAccessRequest } from '@gatehouse/contracts/http/orgs/access-requests'
import type { Profile } from '../../clients/identity.ts'
import type { AccessRequestRow } from '../../store/schema.ts'

export const ownAccessRequestView = (row: AccessRequestRow): OwnAccessRequest => ({
  id: row.id,
  organization_id: row.orgId,
  kind: row.kind,
  roles: row.roles,
  reason: row.reason,
  duration_seconds: row.durationSeconds,
  status: row.status,
  decision_reason: row.decisionReason,
  created_at: row.createdAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
})

export const accessRequestView = (row: AccessRequestRow, profile: Profile | undefined): AccessRequest => ({
  ...ownAccessRequestView(row),
  user: { id: row.userId, name: profile?.name ?? '', email: profile?.email ?? '' },
})
