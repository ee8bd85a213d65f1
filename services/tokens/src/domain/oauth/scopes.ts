/** Scopes (RFC 6749 §3.3): what a client may ask for, and what it gets of that. */

/** The scopes of OpenID Connect Core §5.4 and §11 that mean something here, and ours for a person's roles. */
export const openidScopes = ['openid', 'profile', 'email', 'roles', 'offline_access'] as const

/** RFC 6749 §3.3: printable ASCII without space, quote and backslash. */
export const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/

/** The tokens of a scope parameter, each once; undefined when it is malformed. */
export function parseScope(text: string): string[] | undefined {
  const tokens = text.split(' ')
  return tokens.every((token) => scopeForm.test(token)) ? [...new Set(tokens)] : undefined
}

/**
 * What is given: a scope the client never registered is left out (RFC 6749 §3.3 lets the server), so it learns what it
 * got from the answer.
 */
export const grantedScope = (asked: readonly string[], allowed: readonly string[]): string[] =>
  asked.filter((token) => allowed.includes(token))
