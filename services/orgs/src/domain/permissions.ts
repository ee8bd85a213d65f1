/** The permissions orgs asks the policy decision point about, by the names they have in the platform's catalog. */
export const permissions = {
  updateOrganization: 'gatehouse:organization.update',
  deleteOrganization: 'gatehouse:organization.delete',
  readSettings: 'gatehouse:settings.read',
  writeSettings: 'gatehouse:settings.write',
  readMembers: 'gatehouse:members.read',
  readRoles: 'gatehouse:roles.read',
  readDomains: 'gatehouse:domains.read',
  writeDomains: 'gatehouse:domains.write',
  inviteMembers: 'gatehouse:members.invite',
  updateMembers: 'gatehouse:members.update',
  writeAttributes: 'gatehouse:attributes.write',
  decideAccessRequests: 'gatehouse:access_requests.decide',
  removeMembers: 'gatehouse:members.remove',
  readOrganizations: 'gatehouse:organizations.read',
  importUsers: 'gatehouse:users.import',
  suspendOrganizations: 'gatehouse:organizations.suspend',
} as const

export type Permission = (typeof permissions)[keyof typeof permissions]
