/** RFC 3339 instants, strictly: the one text form a timestamp has in a policy and in an attribute. */

const shape = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(Z|[+-](\d{2}):(\d{2}))$/

/** Milliseconds since the epoch, or undefined when the text is not an instant (a 30th of February is not). */
export function instantMs(text: string): number | undefined {
  const match = shape.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match.map(Number)
  if (hour! > 23 || minute! > 59 || second! > 59) return undefined
  if (match[9] !== undefined && (Number(match[9]) > 23 || Number(match[10]) > 59)) return undefined
  const calendar = new Date(Date.UTC(2000, 0, 1))
  calendar.setUTCFullYear(year!, month! - 1, day)
  if (calendar.getUTCMonth() !== month! - 1 || calendar.getUTCDate() !== day) return undefined
  const epochMs = Date.parse(text)
  return Number.isNaN(epochMs) ? undefined : epochMs
}
