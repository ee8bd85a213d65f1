/**
 * `Gatehouse-Revision`: the positions a write depends on, opaque to clients (base64url JSON `{ service: position }`).
 * A value that cannot be read is treated as absent by whoever merges and as the caller's mistake by whoever was asked to wait for it.
 */

/** Names and positions only; anything else makes the whole value invalid. */
export type Revisions = Record<string, number>

export const encodeRevision = (revisions: Iterable<readonly [string, number]>): string =>
  Buffer.from(JSON.stringify(Object.fromEntries(revisions))).toString('base64url')

/** The positions inside, or undefined when it is not a revision this platform gave out. */
export function decodeRevision(value: string): Revisions | undefined {
  if (value.length > 1024 || !/^[A-Za-z0-9_-]+$/.test(value)) return undefined
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
    const entries = Object.entries(parsed)
    if (entries.length > 16) return undefined
    const valid = entries.every(
      ([name, position]) => /^[a-z]{1,32}$/.test(name) && Number.isSafeInteger(position) && (position as number) >= 0,
    )
    return valid ? Object.fromEntries(entries as [string, number][]) : undefined
  } catch {
    return undefined
  }
}
