/**
 * A form that is sent twice side by side, as a double click does, is one form: both requests get one answer. The
 * browser shows the second one, which would say of a mailed link, of a step of a sign-in or of a new organization that
 * it is over, although the first has worked. Another process knows nothing of it; there the services see to it that
 * there is one effect.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Visit } from '../browser/visit.ts'
import type { PageAnswer } from './answer.ts'

/** The visit belongs to its answer: both say what the browser keeps. */
export type Answered = { visit: Visit; answer: PageAnswer }

/** A second click comes after an effect that takes a moment; whoever comes later has the cookies of the first. */
const keepMs = 10_000

export function createFormsOnce(clock: Pick<Clock, 'now'>) {
  const forms = new Map<string, { answered: Promise<Answered>; until: number }>()
  return async (visit: Visit, answer: () => Promise<PageAnswer>): Promise<Answered> => {
    const now = clock.now().getTime()
    for (const [key, { until }] of forms) if (until <= now) forms.delete(key)
    const key = keyOf(visit)
    const known = forms.get(key)
    if (known !== undefined) return known.answered
    const form = { answered: answer().then((given) => ({ visit, answer: given })), until: Infinity }
    forms.set(key, form)
    // Where a link is used the sealed cookie holds it, and holds it no more once the browser has the answer.
    const isLink = visit.flow.links?.[visit.path] !== undefined
    try {
      const answered = await form.answered
      if (isLink && isDone(answered)) form.until = clock.now().getTime() + keepMs
      else forms.delete(key)
      return answered
    } catch (err) {
      forms.delete(key)
      throw err
    }
  }
}

/** A refusal is not kept: the next time it may be another one, or none. */
const isDone = ({ answer }: Answered): boolean => answer.kind === 'redirect' && answer.flow?.note?.done !== undefined

/** Whoever sends the same form to the same page with the same cookies. */
function keyOf({ browser, cookies, path, query, form }: Visit): string {
  const of = [browser, cookies.get('session'), cookies.get('flow'), path, [...query], [...form]]
  return createHash('sha256').update(JSON.stringify(of)).digest('base64url')
}
