/** Which part of a list a page shows, and in which order. */
import type { Visit } from '../browser/visit.ts'

const itemsOfAPage = 20

export function pageQueryOf({ query }: Visit): { limit: number; cursor?: string } {
  const cursor = query.get('cursor')
  return { limit: itemsOfAPage, ...(cursor && { cursor: cursor.slice(0, 512) }) }
}

/** What is looked for in names and addresses; nothing where the field was left empty. */
export function searchOf({ query }: Visit): { search?: string } {
  const search = (query.get('search') ?? '').trim().slice(0, 200)
  return search === '' ? {} : { search }
}

/** A list is in the order people joined, unless the newest are asked for first. */
export const sortOf = ({ query }: Visit): { sort?: '-joined_at' } =>
  query.get('sort') === '-joined_at' ? { sort: '-joined_at' } : {}
