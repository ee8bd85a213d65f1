/** When a version was in force, as the wire has it. */

/** Text of the database's own making, to the millisecond that the wire has. */
export const instant = (text: string): string => new Date(text).toISOString()
export const validityView = (row: { validFrom: string; validTo: string | null }) => ({
  valid_from: instant(row.validFrom),
  valid_to: row.validTo === null ? null : instant(row.validTo),
})
