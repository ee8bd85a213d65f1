/**
 * Keeps the origins of clients current: told by the readers of the floors, since they follow tokens and orgs already.
 * A gateway that has just started knows none until it has loaded them.
 */
import { originsIn, takeEvent, takeRecord, type ClientOrigins } from '../domain/client-origins.ts'

type Found = { readonly isFirstParty: boolean }
type Told = Parameters<typeof takeEvent>[1]

export type KeptOrigins = {
  /** Records of a snapshot of tokens, which replaces all there was once it has ended. */
  loading(): { take(record: object): void; end(): void }
  apply(event: Told): void
  /** Whether a live client names this origin, and whether one of the platform itself does. */
  find(origin: string): Found | undefined
}

export function createKeptOrigins(): KeptOrigins {
  let table: ClientOrigins = new Map()
  let found: ReadonlyMap<string, Found> | undefined
  return {
    loading() {
      const fresh: ClientOrigins = new Map()
      return {
        take: (record) => takeRecord(fresh, record),
        end: () => {
          table = fresh
          found = undefined
        },
      }
    },
    apply(event) {
      if (takeEvent(table, event)) found = undefined
    },
    find: (origin) => (found ??= originsIn(table)).get(origin),
  }
}
