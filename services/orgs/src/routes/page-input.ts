/** The query of every list. */

const defaultLimit = 50

/** The validator fills in the limit; the type does not know that. */
export const pageInput = (query: {
  limit?: number
  cursor?: string
}): { limit: number; cursor: string | undefined } => ({
  limit: query.limit ?? defaultLimit,
  cursor: query.cursor,
})
