/**
 * The status of an organization. `suspended` is an operator's doing, `deleting` an owner's, who may take it back until
 * the grace is over; `deleted` is a tombstone that keeps nothing but the id and its floor.
 */
export type OrganizationStatus = 'active' | 'suspended' | 'deleting' | 'deleted'

/** What readers are told: whoever enforces access needs to know no more than that nobody acts for the organization. */
export const announcedStatus = (status: OrganizationStatus): 'active' | 'suspended' =>
  status === 'active' ? 'active' : 'suspended'

/** What a snapshot says: a deleted organization is as a removed membership. */
export const snapshotStatus = (status: OrganizationStatus): 'active' | 'suspended' | 'removed' =>
  status === 'deleted' ? 'removed' : announcedStatus(status)

/** How old a sign-in may be that deletes an organization. */
export const recentSignInSeconds = 300
