/** What every membership event states: who belongs to which organization, as what. */
import Type, { type Static } from 'typebox'
import { MembershipId, OrganizationId, UserId } from '../../common/ids.ts'

/** Attributes an organization keeps about a member; policies read them as `membership.<name>`. */
export const MembershipAttributes = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9_]{0,62}$' }),
  Type.Union([
    Type.String({ maxLength: 1000 }),
    Type.Number(),
    Type.Boolean(),
    Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 }),
  ]),
  { maxProperties: 50 },
)
export type MembershipAttributes = Static<typeof MembershipAttributes>

export const membershipFields = {
  membership_id: MembershipId,
  organization_id: OrganizationId,
  user_id: UserId,
  status: Type.Union([Type.Literal('active'), Type.Literal('removed')]),
  is_owner: Type.Boolean(),
  attributes: MembershipAttributes,
}
