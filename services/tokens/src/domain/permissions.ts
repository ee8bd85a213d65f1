/** The permissions tokens asks the policy decision point about, by the names they have in the platform's catalog. */
export const permissions = {
  readServiceAccounts: 'gatehouse:service_accounts.read',
  writeServiceAccounts: 'gatehouse:service_accounts.write',
} as const

export type Permission = (typeof permissions)[keyof typeof permissions]
