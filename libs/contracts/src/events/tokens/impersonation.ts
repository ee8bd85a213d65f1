/** Operators who see the platform as a person does. */
import Type, { type Static } from 'typebox'
import { OrganizationId, SessionId, UserId } from '../../common/ids.ts'
import { Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** A session of the person began that an operator holds. It ends as every session does (`session.ended`). */
export const ImpersonationBegun = {
  type: 'gatehouse.tokens.impersonation.begun.v1',
  data: Type.Object({
    session_id: SessionId,
    user_id: UserId,
    impersonated_by: UserId,
    organization_id: Type.Union([OrganizationId, Type.Null()]),
    /** RFC 3339. */
    expires_at: Type.String(),
    reason: Reason,
  }),
} as const

export type ImpersonationBegun = Static<typeof ImpersonationBegun.data>

export const impersonationEvents: readonly EventContract[] = [ImpersonationBegun]
