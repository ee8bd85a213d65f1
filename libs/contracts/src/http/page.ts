/**
 * What a page for people is: an address a browser opens, and a form that comes back to the same address. The gateway
 * passes these on as they are; what they answer is HTML or a redirect, never a problem document.
 */
import type { RouteContract } from './contract.ts'

export type PageContract = {
  readonly operationId: string
  /** Without parameters: what a page is about stands in its query, its form or its cookies. */
  readonly path: `/${string}`
  readonly methods: readonly ('GET' | 'POST')[]
  /** The budget that its form draws on. */
  readonly limit?: NonNullable<RouteContract['limit']>
}

/** Keeps the literal types of a contract while checking its shape. */
export const definePage = <const P extends PageContract>(page: P): P => page

/** Largest form in bytes: an attestation of a security key with its certificates has some kilobytes. */
export const pageBodyLimitBytes = 48 * 1024

/** Milliseconds until an unfinished page is an error page: a step asks several services in turn. */
export const pageDeadlineMs = 8000

/** Begins the names of all cookies of the pages, after `__Host-` where the platform is reached over https. */
export const pageCookiePrefix = 'gatehouse_'
