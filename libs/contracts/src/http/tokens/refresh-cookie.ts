/** The cookie that holds a refresh token where the client asked for it (`Gatehouse-Token-Transport: cookie`). */

const plainName = 'gatehouse_refresh'

/** `__Host-` (RFC 6265bis §4.1.3.2) needs https; a developer's machine has none. */
export const refreshCookieName = (publicUrl: string): string =>
  publicUrl.startsWith('https:') ? `__Host-${plainName}` : plainName
