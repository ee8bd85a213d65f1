/**
 * Tells a silent tail from a quiet one: a tail that has not delivered, a whole second later, what the poll has seen is not to be trusted.
 * The client's own heartbeat monitor stops at a disconnect, so this is the only watch that always runs.
 */

export type StallDetector = {
  heard(position: number): void
  /** A new tail owes only what comes after the next poll. */
  opened(): void
  /** To be asked with the head of each poll and the moment it was asked. */
  isSuspect(head: number, atMs: number): boolean
}

const firstDoubtMs = 1000
/** A relay that stands still makes every tail look silent: it is doubted less and less often. */
const longestDoubtMs = 30_000

export function createStallDetector(): StallDetector {
  let heardUpTo = 0
  let owed: { head: number; sinceMs: number } | undefined
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
    isSuspect: (head, atMs) => {
      if (owed === undefined || heardUpTo >= owed.head) {
        if (owed === undefined) heardUpTo = Math.max(heardUpTo, head)
        owed = { head, sinceMs: atMs }
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
