/** What the person said about the organization they want to act for. */

/** Absent, `null` and an id mean three things, and all three must survive being stored. */
export type OrganizationChoice = { kind: 'unsaid' } | { kind: 'none' } | { kind: 'named'; organizationId: string }

export function choiceOf(organizationId: string | null | undefined): OrganizationChoice {
  if (organizationId === undefined) return { kind: 'unsaid' }
  return organizationId === null ? { kind: 'none' } : { kind: 'named', organizationId }
}
