/** Organizations themselves. */
import Type, { type Static } from 'typebox'
import { OrganizationId, UserId } from '../../common/ids.ts'
import { Instant, Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** An organization exists; its creator owns it. */
export const OrganizationCreated = {
  type: 'gatehouse.orgs.organization.created.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    created_by: UserId,
    status: Type.Literal('active'),
  }),
} as const

export type OrganizationCreated = Static<typeof OrganizationCreated.data>

/** Facts about an organization changed; `min_ov` only when access must end. */
export const OrganizationUpdated = {
  type: 'gatehouse.orgs.organization.updated.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    status: Type.Union([Type.Literal('active'), Type.Literal('suspended')]),
    changed: Type.Array(Type.String()),
    min_ov: Type.Optional(Type.Integer()),
    /** Of an operator who changed the status. */
    reason: Type.Optional(Reason),
    /** From when on one factor is not enough to act for the organization; null: it is. Absent: as it was. */
    mfa_required_from: Type.Optional(Type.Union([Instant, Type.Null()])),
  }),
} as const

export type OrganizationUpdated = Static<typeof OrganizationUpdated.data>

export const organizationEvents: readonly EventContract[] = [OrganizationCreated, OrganizationUpdated]
