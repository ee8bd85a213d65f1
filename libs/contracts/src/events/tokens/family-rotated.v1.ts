/** A refresh token was exchanged for its successor. */
import Type, { type Static } from 'typebox'
import { OrganizationId, SessionId, UserId } from '../../common/ids.ts'

export const FamilyRotated = {
  type: 'gatehouse.tokens.family.rotated.v1',
  data: Type.Object({
    family_id: Type.String(),
    session_id: SessionId,
    user_id: UserId,
    organization_id: Type.Union([OrganizationId, Type.Null()]),
  }),
} as const

export type FamilyRotated = Static<typeof FamilyRotated.data>
