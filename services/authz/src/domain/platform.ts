/** Names every installation has: the application Gatehouse is to itself and the roles with a meaning of their own. */

/** The built-in application and its one resource type. */
export const gatehouse = 'gatehouse'

/** Held by whoever owns the organization, never by assignment. */
export const ownerRole = 'owner'
/** What asks about others: given to service accounts of an organization, and held by each of the platform. */
export const evaluatorRole = 'evaluator'
/** Given at platform scope, never inside an organization. */
export const platformAdminRole = 'platform-admin'

/** Whether a role of this key can be given to a member. */
export const isAssignable = (key: string): boolean => key !== ownerRole && key !== platformAdminRole

/** Permissions the service asks itself about. */
export const permissions = {
  readRoles: 'gatehouse:roles.read',
  writeRoles: 'gatehouse:roles.write',
  assignRoles: 'gatehouse:roles.assign',
  updateMembers: 'gatehouse:members.update',
  readPolicies: 'gatehouse:policies.read',
  writePolicies: 'gatehouse:policies.write',
  evaluateOthers: 'gatehouse:authz.evaluate',
  writeCatalog: 'gatehouse:catalog.write',
  readEntities: 'gatehouse:entities.read',
  writeEntities: 'gatehouse:entities.write',
  writeAttributes: 'gatehouse:attributes.write',
  readDecisions: 'gatehouse:decisions.read',
} as const

/** `type:action` taken apart; an action may itself contain no colon. */
export function splitPermission(permission: string): { readonly resourceType: string; readonly action: string } {
  const cut = permission.indexOf(':')
  return { resourceType: permission.slice(0, cut), action: permission.slice(cut + 1) }
}
