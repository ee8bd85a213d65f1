/**
 * A bounded cache that never keeps what was dropped while it was being loaded: a load that began before a `drop` still
 * answers those who wait for it, and nobody after. The entry that was not asked for the longest goes first.
 */
import { LRUCache } from 'lru-cache'

/** A kept value, which may itself be `undefined`. */
export type Kept<V> = { readonly value: V }

export type DroppingCache<V> = {
  get(key: string, load: () => Promise<V>): Promise<V>
  /** Without waiting: undefined when nothing is kept under the key. */
  find(key: string): Kept<V> | undefined
  drop(key: string): void
  /** Drops every entry whose key `matches`. */
  dropWhere(matches: (key: string) => boolean): void
  clear(): void
  readonly size: number
}

export function createDroppingCache<V>(o: { most: number }): DroppingCache<V> {
  const kept = new LRUCache<string, Kept<V>>({ max: o.most })
  const loading = new Map<string, { mine: object; value: Promise<V> }>()

  const loadOnce = async (key: string, load: () => Promise<V>, mine: object): Promise<V> => {
    const isWanted = () => loading.get(key)?.mine === mine
    try {
      const value = await load()
      if (isWanted()) kept.set(key, { value })
      return value
    } finally {
      if (isWanted()) loading.delete(key)
    }
  }
  const begin = (key: string, load: () => Promise<V>): Promise<V> => {
    const mine = {}
    const value = loadOnce(key, load, mine)
    loading.set(key, { mine, value })
    return value
  }
  return {
    get(key, load) {
      const found = kept.get(key)
      return found === undefined ? (loading.get(key)?.value ?? begin(key, load)) : Promise.resolve(found.value)
    },
    // As long as half of it is free, nothing has to go soon, and keeping the order costs more than the look.
    find: (key) => (kept.size * 2 < o.most ? kept.peek(key) : kept.get(key)),
    drop(key) {
      kept.delete(key)
      loading.delete(key)
    },
    dropWhere(matches) {
      for (const map of [kept, loading]) for (const key of [...map.keys()]) if (matches(key)) map.delete(key)
    },
    clear: () => [kept, loading].forEach((map) => map.clear()),
    get size() {
      return kept.size
    },
  }
}
