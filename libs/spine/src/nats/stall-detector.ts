/**
 * Tells a silent tail from a quiet one: a tail that has not delivered, a whole second later, what the poll has brought
 * is not to be trusted. The client's own heartbeat monitor stops at a disconnect, so this is the only watch that always
 * runs.
 */

export type StallDetector = {
  heard(position: number): void
  /** A new tail owes only what comes after the next poll. */
  opened(): void
  /**
   * To be asked after each poll with the position of the newest event that is known, by whichever way, and the moment
   * of asking.
   */
  isSuspect(newest: number, atMs: number): boolean
}

const firstDoubtMs = 1000
/** A relay that stands still makes every tail look silent: it is doubted less and less often. */
const longestDoubtMs = 30_000

export function createStallDetector(): StallDetector {
  let heardUpTo = 0
  let owed: { position: number; sinceMs: number } | undefined
  let trustUntilMs = -Infinity
  let doubtMs = firstDoubtMs
  return {
    heard: (position) => {
      heardUpTo = Math.max(heardUpTo, position)
      doubtMs = firstDoubtMs
    },
    opened: () => {
      owed = undefined
      heardUpTo = 0
    },
    isSuspect: (newest, atMs) => {
      if (owed === undefined || heardUpTo >= owed.position) {
        if (owed === undefined) heardUpTo = Math.max(heardUpTo, newest)
        owed = { position: newest, sinceMs: atMs }
        return false
      }
      if (atMs - owed.sinceMs < firstDoubtMs || atMs < trustUntilMs) return false
      owed = undefined
      doubtMs = Math.min(doubtMs * 2, longestDoubtMs)
      trustUntilMs = atMs + doubtMs
      return true
    },
  }
}
