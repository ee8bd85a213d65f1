/**
 * What a form was made of is named when it is sent (RFC 9110 §13.1.1), so that nobody overwrites what somebody else has
 * changed in between without having seen it.
 */
import type { AnswerHeaders } from '@gatehouse/access/call/service-exchange'
import { spokenFor, type Visit } from '../browser/visit.ts'

/** The longest `ETag` that is sent back. */
const longestTag = 200

/** Reads something together with its `ETag`. */
export async function withETag<T>(
  read: (more: { onHeaders: (headers: AnswerHeaders) => void }) => Promise<T>,
): Promise<[T, string]> {
  let etag = ''
  const value = await read({
    onHeaders: (headers) => {
      if (typeof headers['etag'] === 'string') etag = headers['etag']
    },
  })
  return [value, etag]
}

/** `spokenFor` with the condition of the form; a form without one is refused, not taken unconditionally. */
export function spokenIfUnchanged(visit: Visit) {
  const { headers, ...spoken } = spokenFor(visit)
  const etag = (visit.form.get('etag') ?? '').slice(0, longestTag)
  return { ...spoken, headers: { ...headers, 'if-match': etag === '' ? '"none"' : etag } }
}
