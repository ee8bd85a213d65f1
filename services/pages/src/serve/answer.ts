/** What a page's handler can answer: a page, another address, or data for the one script. */
import type { ComponentChild } from 'preact'
import type { Visit } from '../browser/visit.ts'
import type { Flow } from '../domain/flow.ts'
import { along } from '../domain/way.ts'

/** `flow`: what the next request goes on with. */
export type RedirectAnswer = { kind: 'redirect'; to: string; flow?: Partial<Flow> }
export type PageAnswer =
  | {
      kind: 'page'
      title: string
      body: ComponentChild
      status?: number
      /** Runs the passkey script. */
      withScript?: boolean
      /** Where a form of this page may end besides here (CSP `form-action` holds for redirects as well). */
      formTargets?: readonly string[]
      flow?: Partial<Flow>
    }
  | RedirectAnswer
  | { kind: 'json'; body: object; flow?: Partial<Flow> }
  /** For the person to keep, under a name. */
  | { kind: 'download'; body: object; name: string }

/** RFC 9110 §15.4.4: every form ends in one, so that nothing is sent twice by going back or reloading. */
export const redirect = (to: string, flow: Partial<Flow> = {}): RedirectAnswer => ({ kind: 'redirect', to, flow })

/** The same page once more, with what was wrong: a problem code or the name of a text, by field. */
export const again = (
  visit: Visit,
  errors: Record<string, string>,
  values: Record<string, string> = {},
): RedirectAnswer => redirect(along(visit.path, visit.way), { note: { at: visit.path, errors, values } })

/** Another page, which says what was done. */
export const done = (to: string, text: string, flow: Partial<Flow> = {}): RedirectAnswer =>
  redirect(to, { ...flow, note: { at: to.split('?', 1)[0] ?? to, done: text } })
