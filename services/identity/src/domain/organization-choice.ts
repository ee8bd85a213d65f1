/** What the person said about the organization they want to act for. */

/**
 * Absent, `null`, an id and the wish to choose mean four things, and all must survive being stored. A wish to choose
 * has an id once the person has chosen.
 */
export type OrganizationChoice =
  | { kind: 'unsaid' }
  | { kind: 'none' }
  | { kind: 'named'; organizationId: string }
  | { kind: 'choose'; organizationId: string | undefined }

/** The wire's word for the wish to choose. */
const toChoose = 'choose'

export function choiceOf(organizationId: string | null | undefined): OrganizationChoice {
  if (organizationId === undefined) return { kind: 'unsaid' }
  if (organizationId === toChoose) return { kind: 'choose', organizationId: undefined }
  return organizationId === null ? { kind: 'none' } : { kind: 'named', organizationId }
}

/** The organization that was named or chosen. */
export const organizationIn = (choice: OrganizationChoice): string | undefined =>
  choice.kind === 'named' || choice.kind === 'choose' ? choice.organizationId : undefined

/** The person wants to choose and has not yet. */
export const isUndecided = (choice: OrganizationChoice): boolean =>
  choice.kind === 'choose' && choice.organizationId === undefined
