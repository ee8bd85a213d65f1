/** Judges secrets people choose: too short, too uniform, or one of those every scanner tries first. */

const minLength = 16
const minDistinctCharacters = 6
const notorious = /^(change[-_ ]?me|password|passwort|secret|admin|gatehouse|postgres|redis|default|example|test|dev|letmein|12345|qwerty)/i

/** Why the secret is refused, or undefined when it is good enough. */
export function weaknessOf(secret: string): string | undefined {
  if (secret.length < minLength) return `is too short: at least ${minLength} characters outside development`
  if (new Set(secret).size < minDistinctCharacters) return 'is too uniform: use random characters'
  if (notorious.test(secret) && secret.length < 2 * minLength) return 'begins like a default: use random characters'
  return undefined
}
