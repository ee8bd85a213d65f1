/** Acts that the policy decision point did not permit. */
import Type, { type Static } from 'typebox'
import { OrganizationId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/**
 * Whoever is the actor asked for something that takes this permission and does not hold it. About one actor and
 * permission it is told once a minute; `count` says how often it happened since it was told last.
 */
export const PermissionDenied = {
  type: 'gatehouse.authz.permission.denied.v1',
  data: Type.Object({
    permission: Type.String({ maxLength: 200 }),
    scope: Type.Union([Type.Literal('organization'), Type.Literal('platform')]),
    organization_id: Type.Optional(OrganizationId),
    count: Type.Integer({ minimum: 1 }),
  }),
} as const

export type PermissionDenied = Static<typeof PermissionDenied.data>

export const permissionEvents: readonly EventContract[] = [PermissionDenied]
