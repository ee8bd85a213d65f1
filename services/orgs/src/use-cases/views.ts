/** Rows as they go over the wire. */
import type { Invitation } from '@gatehouse/contracts/http/orgs/invitations'
import type { Member, Organization } from '@gatehouse/contracts/http/orgs/organizations'
import type { Profile } from '../clients/identity.ts'
import type { InvitationRow, MembershipRow, OrganizationRow } from '../store/schema.ts'

export const organizationView = (row: OrganizationRow): Organization => ({
  id: row.id,
  name: row.name,
  slug: row.slug,
  logo_url: row.logoUrl,
  colors: row.colors,
  created_at: row.createdAt.toISOString(),
  deletion_due_at: row.deletionDueAt?.toISOString() ?? null,
})

/** A person identity no longer knows stays listed, without name and address: an owner must be able to remove them. */
export const memberView = (row: MembershipRow, profile: Profile | undefined): Member => ({
  id: row.id,
  user: { id: row.userId, name: profile?.name ?? '', email: profile?.email ?? '' },
  is_owner: row.isOwner,
  status: row.status === 'suspended' ? 'suspended' : 'active',
  attributes: row.attributes,
  joined_at: row.joinedAt.toISOString(),
})

export const invitationView = (row: InvitationRow): Invitation => ({
  id: row.id,
  email: row.email,
  roles: row.roles,
  status: row.status,
  created_at: row.createdAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
})
