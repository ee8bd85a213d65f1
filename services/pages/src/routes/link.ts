/**
 * The secret of a link in a mail: it moves out of the address into the sealed cookie at once, so that no history, log
 * or referrer keeps it.
 */
import { createHash } from 'node:crypto'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Visit } from '../browser/visit.ts'
import { withoutLink } from '../domain/flow.ts'
import { along } from '../domain/way.ts'
import { done, redirect, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { PageHandler } from '../serve/bind-page.ts'

const linkForm = /^[A-Za-z0-9_-]{1,200}$/

const digestOf = (link: string): string => createHash('sha256').update(link).digest('base64url').slice(0, 22)

/** Opening a link changes nothing: mail programs open links as well. */
export const withLink =
  (show: PageHandler): PageHandler =>
  async (visit): Promise<PageAnswer> => {
    const { flow, path, way } = visit
    const token = visit.query.get('token')
    if (token === undefined) return flow.links?.[path] === undefined ? usedBefore(visit) : show(visit)
    if (!linkForm.test(token)) throw problem('invalid_token')
    const { [path]: used, ...others } = flow.used ?? {}
    if (used?.of === digestOf(token)) return usedBefore(visit)
    return redirect(along(path, way), {
      links: { ...flow.links, [path]: token },
      used: others,
      isPasswordWanted: undefined,
    })
  }

/**
 * Uses the link of this page, and says with `text` at `to` that it has worked. Whoever sends the form again, from the
 * same browser, is told the same.
 * @throws AppError `invalid_token` where this browser has no link, and what `use` throws
 */
export async function useLink(
  visit: Visit,
  { use, to, text }: { use: (token: string) => Promise<unknown>; to: string; text: string },
): Promise<RedirectAnswer> {
  const token = visit.flow.links?.[visit.path]
  if (token === undefined) return usedBefore(visit)
  await use(token)
  const used = { ...visit.flow.used, [visit.path]: { of: digestOf(token), to, text } }
  return done(to, text, { ...withoutLink(visit), used })
}

/** @throws AppError `invalid_token` where this browser has used none */
function usedBefore({ flow, path }: Visit): RedirectAnswer {
  const used = flow.used?.[path]
  if (used === undefined) throw problem('invalid_token')
  return done(used.to, used.text)
}
