/** Judges secrets people choose: too short, too uniform, or one of those every scanner tries first. */

const minLength = 16
const minDistinctCharacters = 6
const notorious =
  /^(change[-_ ]?me|passwor[dt]|secret|admin|gatehouse|postgres|redis|default|example|test|dev|letmein|12345|qwerty)/i

/** Also of keys, whose length their own form decides: 32 zero bytes are a well-formed key. */
export const uniformityOf = (secret: string): string | undefined =>
  new Set(secret).size < minDistinctCharacters ? 'is too uniform: use random characters' : undefined

/** Why the secret is refused, or undefined when it is good enough. */
export function weaknessOf(secret: string): string | undefined {
  if (secret.length < minLength) return `is too short: at least ${minLength} characters outside development`
  const uniformity = uniformityOf(secret)
  if (uniformity !== undefined) return uniformity
  if (notorious.test(secret) && secret.length < 2 * minLength) return 'begins like a default: use random characters'
  return undefined
}
