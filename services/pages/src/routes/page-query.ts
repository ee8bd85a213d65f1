/** Which part of a list a page shows. */
import type { Visit } from '../browser/visit.ts'

const itemsOfAPage = 20

export function pageQueryOf({ query }: Visit): { limit: number; cursor?: string } {
  const cursor = query.get('cursor')
  return { limit: itemsOfAPage, ...(cursor && { cursor: cursor.slice(0, 512) }) }
}
