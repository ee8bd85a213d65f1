/**
 * Signing in, as values: which step is missing, and what the person said about the organization they want to act for.
 * A person whose address is not proven never gets a session.
 */

/** Absent, `null` and an id mean three things, and all three must survive being stored. */
export type OrganizationChoice = { kind: 'unsaid' } | { kind: 'none' } | { kind: 'named'; organizationId: string }

export function choiceOf(organizationId: string | null | undefined): OrganizationChoice {
  if (organizationId === undefined) return { kind: 'unsaid' }
  return organizationId === null ? { kind: 'none' } : { kind: 'named', organizationId }
}

/** What the facts of an account allow after its password was right. */
export type NextStep =
  { kind: 'session' } | { kind: 'challenge'; next: ['verify_email']; verificationId: string } | { kind: 'refused' }

/** `verificationId`: the open registration whose password it was; undefined: the password of a proven person. */
export function decideNextStep({
  status,
  verificationId,
}: {
  status: 'active' | 'disabled'
  verificationId: string | undefined
}): NextStep {
  if (status !== 'active') return { kind: 'refused' }
  return verificationId === undefined
    ? { kind: 'session' }
    : { kind: 'challenge', next: ['verify_email'], verificationId }
}
