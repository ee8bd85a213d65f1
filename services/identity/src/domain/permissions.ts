/** What operators of the platform may do with people's accounts, as the policy decision point knows it. */
export const permissions = {
  readUsers: 'gatehouse:users.read',
  suspendUsers: 'gatehouse:users.suspend',
  eraseUsers: 'gatehouse:users.erase',
  endSessions: 'gatehouse:users.end_sessions',
  resetFactors: 'gatehouse:users.reset_factors',
  sendMail: 'gatehouse:users.send_mail',
  importUsers: 'gatehouse:users.import',
  exportUsers: 'gatehouse:users.export',
} as const

export type Permission = (typeof permissions)[keyof typeof permissions]
