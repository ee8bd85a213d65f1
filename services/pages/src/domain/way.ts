/**
 * Where a sign-in leads: to the application that asked for it, or to a page of ours. Only addresses of a closed list are followed, so that no
 * link can send a person who has just signed in elsewhere.
 */
import { pageRoutes } from '@gatehouse/contracts/http/pages'

export type Way = {
  /** The authorization request of an application. */
  request?: string
  /** The path of a page. */
  next?: string
}

const openable = new Set<string>(
  pageRoutes
    .filter(({ path, methods }) => methods.includes('GET') && path.startsWith('/account'))
    .map(({ path }) => path),
)
openable.add('/invitations/accept')

const requestForm = /^azr_[0-9a-z]{26}$/

export function wayOf(query: ReadonlyMap<string, string>): Way {
  const request = query.get('request') ?? query.get('authorization')
  if (request !== undefined && requestForm.test(request)) return { request }
  const next = query.get('next')
  return next !== undefined && openable.has(next) ? { next } : {}
}

/** The path with the way kept in its query. */
export function along(path: string, { request, next }: Way): string {
  if (request !== undefined) return `${path}?request=${request}`
  return next === undefined ? path : `${path}?next=${encodeURIComponent(next)}`
}

/** Where whoever is signed in goes on. */
export const destinationOf = ({ request, next }: Way): string =>
  request === undefined ? (next ?? '/account') : `/consent?request=${request}`
