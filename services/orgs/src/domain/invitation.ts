/** Invitations: how long one stands, and whether its roles may be given. */

/** How long an invitation can be accepted. */
export const invitationLifetimeDays = 7

/** Marks a secret as one of an invitation link. */
export const invitationSecretPrefix = 'gthi_'

export type InvitationStatus = 'pending' | 'accepted' | 'declined' | 'revoked' | 'expired'

export type GrantDecision =
  | { kind: 'grantable' }
  | { kind: 'unknown_roles'; errors: { path: string; message: string }[] }
  | { kind: 'refused_roles'; roles: string[] }

/** Reads the policy decision point's answer about `roles`; an unknown role is the caller's mistake before it is a question of rights. */
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
