/**
 * A bounded map that forgets what was not asked for lately: two generations, of which the older one goes as a whole once the younger one is full.
 * Finding something recent writes nothing, which an order of use would have to, for every answer given.
 */
export type RecentMap<V> = {
  find(key: string): V | undefined
  keep(key: string, value: V): void
  drop(key: string): void
  dropWhere(matches: (key: string) => boolean): void
  clear(): void
  readonly size: number
}

/** @param most - entries kept; at least half as many of the most recent ones always are */
export function createRecentMap<V extends NonNullable<unknown>>(most: number): RecentMap<V> {
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  const keep = (key: string, value: V): void => {
    old.delete(key)
    young.set(key, value)
    if (young.size < most / 2) return
    old = young
    young = new Map()
  }
  const again = (key: string): V | undefined => {
    const value = old.get(key)
    if (value !== undefined) keep(key, value)
    return value
  }
  return {
    find: (key) => young.get(key) ?? again(key),
    keep,
    drop(key) {
      young.delete(key)
      old.delete(key)
    },
    dropWhere(matches) {
      for (const map of [young, old]) for (const key of map.keys()) if (matches(key)) map.delete(key)
    },
    clear() {
      young = new Map()
      old = new Map()
    },
    get size() {
      return young.size + old.size
    },
  }
}
