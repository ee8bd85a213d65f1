/** The fields of the form for an organization's rules: shown again as they were typed when the rules are refused. */
import type { SignInMethod } from '@gatehouse/contracts/events/orgs/organization'

export const signInMethods = ['password', 'passkey', 'email_code'] as const satisfies readonly SignInMethod[]

export const ruleFields = [
  'action',
  'session_idle_minutes',
  'session_lifetime_minutes',
  'allowed_addresses',
  ...signInMethods.map((method) => `method.${method}` as const),
  'join_requests',
  'owners_invite',
] as const
