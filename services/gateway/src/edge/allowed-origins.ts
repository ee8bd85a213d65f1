/**
 * Whose scripts may read what: the origins of the deployment, and those of clients (CORS). A refresh token in a cookie
 * is for pages of the platform itself: its own address, the deployment's origins and those of first-party clients.
 */
import type { KeptOrigins } from '../events/client-origins.ts'

export type AllowedOrigins = {
  /** Whether scripts of this origin may read answers. */
  mayRead(origin: string): boolean
  /** Whether they may also have the browser send and keep the cookie. */
  mayHoldCookie(origin: string): boolean
}

export function createAllowedOrigins(o: {
  issuer: string
  ofDeployment: readonly string[]
  ofClients: Pick<KeptOrigins, 'find'>
}): AllowedOrigins {
  const own = new URL(o.issuer).origin
  const ofDeployment = new Set(o.ofDeployment)
  return {
    mayRead: (origin) => ofDeployment.has(origin) || o.ofClients.find(origin) !== undefined,
    mayHoldCookie: (origin) =>
      origin === own || ofDeployment.has(origin) || o.ofClients.find(origin)?.isFirstParty === true,
  }
}
