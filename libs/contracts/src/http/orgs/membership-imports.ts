/** Memberships brought from another system, after the people they are of. */
import Type, { type Static } from 'typebox'
import { Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'
import { Reason } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

/** What a line of a person says of an organization. */
export const GivenMembership = Type.Object({
  organization_id: OrganizationId,
  roles: Type.Array(Key, { minItems: 1, maxItems: 20, uniqueItems: true }),
})
export type GivenMembership = Static<typeof GivenMembership>

export const ImportedMembership = Type.Object({ user_id: UserId, ...GivenMembership.properties })
export type ImportedMembership = Static<typeof ImportedMembership>

/** `unchanged`: the person belongs to the organization already, with the roles they have there. */
export const MembershipOutcome = Type.Object({
  user_id: UserId,
  organization_id: OrganizationId,
  status: Type.Union([Type.Literal('created'), Type.Literal('unchanged'), Type.Literal('refused')]),
  membership_id: Type.Optional(MembershipId),
  reason: Type.Optional(
    Type.Union([
      Type.Literal('person_unknown'),
      Type.Literal('organization_unknown'),
      Type.Literal('organization_inactive'),
      Type.Literal('roles_unknown'),
      Type.Literal('roles_refused'),
      Type.Literal('removed_before'),
    ]),
  ),
})
export type MembershipOutcome = Static<typeof MembershipOutcome>

/** So many memberships are imported by one request. */
export const mostMembershipsAtOnce = 200

export const ImportMemberships = defineRoute({
  operationId: 'importMemberships',
  service: 'orgs',
  method: 'POST',
  path: '/v1/platform/imports/memberships',
  summary:
    'Make people who were imported members of organizations, up to 200 at once. Each line has an outcome of its own, ' +
    'in order, and may be sent again. Nobody gives what they do not hold: an importer gives the roles that a member ' +
    'of the organization with their roles could, so an owner gives all of them.',
  auth: 'user',
  body: Type.Object({
    reason: Reason,
    memberships: Type.Array(ImportedMembership, { minItems: 1, maxItems: mostMembershipsAtOnce }),
  }),
  success: {
    status: 200,
    body: Type.Object({ data: Type.Array(MembershipOutcome) }),
    description: 'One outcome a line.',
  },
  problems: ['forbidden'],
  retryable: true,
  deadlineMs: 20_000,
})
