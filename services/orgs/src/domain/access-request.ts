/** Access requests: to join, or for roles. Pure; the caller reads everything under the lock of the request. */

export type AccessRequestKind = 'join' | 'role'
export type AccessRequestStatus = 'pending' | 'approved' | 'denied' | 'cancelled' | 'expired'

/** How long a request can be decided. */
export const accessRequestLifetimeDays = 14

/** What whoever joins by a request becomes, unless the approval says otherwise. */
export const defaultJoiningRoles = ['member']

/** What an approval gives. */
export const rolesToGive = (o: {
  kind: AccessRequestKind
  asked: readonly string[]
  approved: readonly string[] | undefined
}): string[] => [...(o.approved ?? (o.kind === 'join' ? defaultJoiningRoles : o.asked))]

export type AskingDecision = 'ask' | 'already_member' | 'not_taken'

/** May somebody ask to join? What the organization does not take is as an organization that does not exist. */
export const decideJoining = (o: { takesJoinRequests: boolean; isMember: boolean }): AskingDecision => {
  if (o.isMember) return 'already_member'
  return o.takesJoinRequests ? 'ask' : 'not_taken'
}
