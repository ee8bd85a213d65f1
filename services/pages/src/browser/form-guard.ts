/**
 * Whether a form was sent from a page of ours by the browser that page was made for: `Sec-Fetch-Site` and `Origin`
 * where the browser says them (OWASP, Cross-Site Request Forgery Prevention), and always the token of this browser.
 */
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import type { Visit } from './visit.ts'

export function isOwnForm(
  { origins, seal }: Pick<Deps, 'origins' | 'seal'>,
  { headers }: Pick<FastifyRequest, 'headers'>,
  { form, browser }: Visit,
): boolean {
  const { origin, 'sec-fetch-site': site } = headers
  if (site !== undefined && site !== 'same-origin') return false
  if (origin !== undefined && !origins.includes(origin)) return false
  return seal.isFormToken(form.get('csrf'), browser)
}
