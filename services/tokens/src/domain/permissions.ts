/** The permissions tokens asks the policy decision point about, by the names they have in the platform's catalog. */
export const permissions = {
  readServiceAccounts: 'gatehouse:service_accounts.read',
  writeServiceAccounts: 'gatehouse:service_accounts.write',
  writePlatformServiceAccounts: 'gatehouse:platform.service_accounts',
  readOAuthClients: 'gatehouse:oauth_clients.read',
  writeOAuthClients: 'gatehouse:oauth_clients.write',
  readPlatform: 'gatehouse:platform.read',
  writePlatformOAuthClients: 'gatehouse:platform.oauth_clients',
  readKeys: 'gatehouse:keys.read',
  rotateKeys: 'gatehouse:keys.rotate',
  impersonateUsers: 'gatehouse:users.impersonate',
  voidKeys: 'gatehouse:keys.void',
} as const

export type Permission = (typeof permissions)[keyof typeof permissions]
