/**
 * Where a sign-in leads: to the application that asked for it, or to a page of ours. Only addresses of a closed list
 * are followed, so that no link can send a person who has just signed in elsewhere.
 */
import { pageRoutes } from '@gatehouse/contracts/http/pages'

export type Way = {
  /** The authorization request of an application. */
  request?: string | undefined
  /** The path of a page. */
  next?: string | undefined
  /** What a page of an organization is about. */
  organization?: string | undefined
  user?: string | undefined
}

const openable = new Set<string>(
  pageRoutes
    .filter(({ path, methods }) => methods.includes('GET') && /^\/(account|device|organization)/.test(path))
    .map(({ path }) => path),
)
openable.add('/invitations/accept')

const requestForm = /^azr_[0-9a-z]{26}$/
const organizationForm = /^org_[0-9a-z]{26}$/
const userForm = /^user_[0-9a-z]{26}$/

const known = (text: string | undefined, isKnown: boolean, name: keyof Way): Way =>
  text !== undefined && isKnown ? { [name]: text } : {}

export function wayOf(query: ReadonlyMap<string, string>): Way {
  const request = query.get('request') ?? query.get('authorization')
  if (request !== undefined && requestForm.test(request)) return { request }
  const [next, organization, user] = ['next', 'organization', 'user'].map((name) => query.get(name))
  return {
    ...known(next, openable.has(next ?? ''), 'next'),
    ...known(organization, organizationForm.test(organization ?? ''), 'organization'),
    ...known(user, userForm.test(user ?? ''), 'user'),
  }
}

/** The path with the way kept in its query. */
export function along(path: string, { request, next, organization, user }: Way): string {
  if (request !== undefined) return `${path}?request=${request}`
  const query = Object.entries({ next, organization, user }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

/** Where whoever is signed in goes on. */
export const destinationOf = ({ request, next, organization, user }: Way): string =>
  request === undefined ? along(next ?? '/account', { organization, user }) : `/consent?request=${request}`
