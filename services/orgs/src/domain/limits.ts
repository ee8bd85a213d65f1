/**
 * How much one person, organization or address may cause, whatever anybody is allowed: limits bound what strangers
 * receive.
 */

type Budget = { count: number; periodSeconds: number }

export type Limits = {
  /** Organizations one person owns at most. */
  organizationsOwned: number
  organizationsCreated: Budget
  accessRequestsByPerson: Budget
  invitationsByInviter: Budget
  invitationsOfOrganization: Budget
  invitationsToAddress: Budget
}

const hour = 3600
const day = 24 * hour

export const limitsOf = (settings: {
  ORGANIZATIONS_PER_PERSON: number
  ACCESS_REQUESTS_PER_PERSON: number
  INVITATIONS_PER_INVITER: number
  INVITATIONS_PER_ORGANIZATION: number
  INVITATIONS_PER_ADDRESS: number
}): Limits => ({
  organizationsOwned: settings.ORGANIZATIONS_PER_PERSON,
  organizationsCreated: { count: settings.ORGANIZATIONS_PER_PERSON, periodSeconds: day },
  accessRequestsByPerson: { count: settings.ACCESS_REQUESTS_PER_PERSON, periodSeconds: day },
  invitationsByInviter: { count: settings.INVITATIONS_PER_INVITER, periodSeconds: hour },
  invitationsOfOrganization: { count: settings.INVITATIONS_PER_ORGANIZATION, periodSeconds: day },
  invitationsToAddress: { count: settings.INVITATIONS_PER_ADDRESS, periodSeconds: day },
})

/** What one invitation is charged to. */
export const invitationCharges = (limits: Limits, o: { orgId: string; invitedBy: string; email: string }) => [
  { key: `invitations by ${o.invitedBy}`, budget: limits.invitationsByInviter },
  { key: `invitations of ${o.orgId}`, budget: limits.invitationsOfOrganization },
  { key: `invitations to ${o.email}`, budget: limits.invitationsToAddress },
]
