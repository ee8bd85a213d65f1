/**
 * Whose password a proven address gets. A mail goes to the mailbox whoever asked for it, so following its link proves
 * the address and nothing about who typed the registration. A stranger who registers somebody's address must not end up
 * with a password on it.
 */

type Facts = {
  registration: { isOwnHandle: boolean; otherRegistrations: number; source: string }
  /** The network that the link was followed from. */
  source: string
  hasChosenPassword: boolean
}

export type Activation = 'chosen_password' | 'registered_password' | 'password_required'

/**
 * The password chosen with the link comes first. The registered one counts for the client that holds the registration's
 * handle; for the link alone only when nobody else registered the address and the link is followed from the network
 * that did.
 */
export function decideActivation({ registration, source, hasChosenPassword }: Facts): Activation {
  if (hasChosenPassword) return 'chosen_password'
  if (registration.isOwnHandle) return 'registered_password'
  const isUndisputed = registration.otherRegistrations === 0 && registration.source === source
  return isUndisputed ? 'registered_password' : 'password_required'
}
