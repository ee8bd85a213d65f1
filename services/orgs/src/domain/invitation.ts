/** Invitations: how long one stands, and whether its roles may be given. */

/** How many days an invitation can be accepted, unless it says otherwise. */
export const invitationLifetimeDays = 7

/** Marks a secret as one of an invitation link. */
export const invitationSecretPrefix = 'gthi_'

export type InvitationStatus = 'pending' | 'accepted' | 'declined' | 'revoked' | 'expired'

export type InvitationDecision =
  { kind: 'invite' } | { kind: 'replace' } | { kind: 'pending' } | { kind: 'already_member' }

/**
 * May an address be invited, given the membership of the person who has proven the address and its pending invitation?
 * An invitation from before a removal brings nobody back, so it gives way to a new one.
 */
export function decideInvitation(o: {
  membership: { status: string; removedAt: Date | null } | undefined
  pending: { createdAt: Date } | undefined
}): InvitationDecision {
  const { membership, pending } = o
  if (membership && membership.status !== 'removed') return { kind: 'already_member' }
  if (!pending) return { kind: 'invite' }
  const removedAt = membership?.removedAt
  return removedAt && pending.createdAt <= removedAt ? { kind: 'replace' } : { kind: 'pending' }
}

export type GrantDecision =
  | { kind: 'grantable' }
  | { kind: 'unknown_roles'; errors: { path: string; message: string }[] }
  | { kind: 'refused_roles'; roles: string[] }

/**
 * Reads the policy decision point's answer about `roles`; an unknown role is the caller's mistake before it is a
 * question of rights.
 */
export function decideGrant(
  roles: readonly string[],
  answer: { unknown: readonly string[]; refused: readonly string[] },
): GrantDecision {
  const errors = roles.flatMap((role, n) =>
    answer.unknown.includes(role) ? [{ path: `/roles/${n}`, message: 'There is no such role' }] : [],
  )
  if (errors.length > 0 || answer.unknown.length > 0) return { kind: 'unknown_roles', errors }
  return answer.refused.length > 0 ? { kind: 'refused_roles', roles: [...answer.refused] } : { kind: 'grantable' }
}
