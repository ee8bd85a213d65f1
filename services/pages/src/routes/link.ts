/**
 * The secret of a link in a mail: it moves out of the address into the sealed cookie at once, so that no history, log
 * or referrer keeps it.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Visit } from '../browser/visit.ts'
import { along } from '../domain/way.ts'
import { redirect, type PageAnswer } from '../serve/answer.ts'
import type { PageHandler } from '../serve/bind-page.ts'

const linkForm = /^[A-Za-z0-9_-]{1,200}$/

/** Opening a link changes nothing: mail programs open links as well. */
export const withLink =
  (show: PageHandler): PageHandler =>
  async (visit): Promise<PageAnswer> => {
    const token = visit.query.get('token')
    if (token === undefined) {
      if (visit.flow.links?.[visit.path] === undefined) throw problem('invalid_token')
      return show(visit)
    }
    if (!linkForm.test(token)) throw problem('invalid_token')
    return redirect(along(visit.path, visit.way), { links: { ...visit.flow.links, [visit.path]: token } })
  }

/** @throws AppError `invalid_token` */
export function linkOf({ flow, path }: Visit): string {
  const token = flow.links?.[path]
  if (token === undefined) throw problem('invalid_token')
  return token
}
