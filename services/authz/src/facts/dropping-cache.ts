/**
 * A bounded cache that never keeps what was dropped while it was being loaded: a load that began before a `drop` still answers those who wait
 * for it, and nobody after. What was not asked for lately goes first.
 */
import { createRecentMap } from './recent-map.ts'

/** What is asked for without waiting would have to be waited for. One for all: it says nothing else. */
export const notInMemory = new Error('not in memory')

export type DroppingCache<V> = {
  get(key: string, load: () => Promise<V>): Promise<V>
  /** What is kept under the key. @throws notInMemory */
  peek(key: string): V
  drop(key: string): void
  /** Drops every entry whose key `matches`. */
  dropWhere(matches: (key: string) => boolean): void
  clear(): void
  readonly size: number
}

export function createDroppingCache<V>(o: { most: number }): DroppingCache<V> {
  const kept = createRecentMap<{ readonly value: V }>(o.most)
  const loading = new Map<string, { mine: object; value: Promise<V> }>()

  const loadOnce = async (key: string, load: () => Promise<V>, mine: object): Promise<V> => {
    const isWanted = () => loading.get(key)?.mine === mine
    try {
      const value = await load()
      if (isWanted()) kept.keep(key, { value })
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
  const drop = (key: string): void => {
    kept.drop(key)
    loading.delete(key)
  }
  const peek = (key: string): V => {
    const found = kept.find(key)
    if (found === undefined) throw notInMemory
    return found.value
  }
  return {
    get(key, load) {
      const found = kept.find(key)
      return found === undefined ? (loading.get(key)?.value ?? begin(key, load)) : Promise.resolve(found.value)
    },
    peek,
    drop,
    dropWhere(matches) {
      kept.dropWhere(matches)
      for (const key of loading.keys()) if (matches(key)) loading.delete(key)
    },
    clear: () => [kept, loading].forEach((map) => map.clear()),
    get size() {
      return kept.size
    },
  }
}
