/** What a search looks through: subjects or resources of a type, some at a time. */

/** Candidates in the order of their keys, after one of them. */
export type Candidates<C> = {
  list(after: string | undefined, limit: number): Promise<readonly C[]>
  keyOf(candidate: C): string
  /** Whether a key can be one of these: a token that names another is none of ours. */
  isKey?(key: string): boolean
}

/** A list that is in memory already. */
export const listed = <C>(candidates: readonly C[], keyOf: (candidate: C) => string): Candidates<C> => ({
  list: async (after, limit) => {
    const begin = after === undefined ? 0 : candidates.findIndex((candidate) => keyOf(candidate) === after) + 1
    return candidates.slice(begin, begin + limit)
  },
  keyOf,
})
