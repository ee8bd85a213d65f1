/** The moment a question is about: now, or `context.at` of the past. */
import { instantMs } from '@gatehouse/policy/ir/instant'
import type { Properties } from './attributes.ts'

export type Moment =
  { readonly ok: true; readonly at: Date | undefined } | { readonly ok: false; readonly message: string }

const now: Moment = { ok: true, at: undefined }

export function momentOf(context: Properties | undefined, nowMs: number): Moment {
  const given = context?.['at']
  if (given === undefined) return now
  const ms = typeof given === 'string' ? instantMs(given) : undefined
  if (ms === undefined) return { ok: false, message: 'must be an RFC 3339 instant' }
  return ms > nowMs ? { ok: false, message: 'must not be in the future' } : { ok: true, at: new Date(ms) }
}
