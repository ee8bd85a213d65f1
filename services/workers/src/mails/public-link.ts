/** Links in mails: always to the configured public address, the secret in the query and nowhere else. */

/** `base` without a trailing slash or with one, `path` with a leading slash. */
export const publicLink = (base: string, path: string, token: string): string =>
  `${base.replace(/\/+$/, '')}${path}?token=${encodeURIComponent(token)}`
