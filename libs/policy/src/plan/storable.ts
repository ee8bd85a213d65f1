/**
 * Constants a PostgreSQL value can be. What cannot be stored cannot be compared there either, so it is refused rather
 * than changed.
 */

/** No NUL, no half of a surrogate pair. */
export const isStorableText = (text: string): boolean => !/[\0\ud800-\udfff]/u.test(text)

const firstMs = new Date('0001-01-01T00:00:00Z').getTime()
const lastMs = new Date('9999-12-31T23:59:59.999Z').getTime()

/** Years 1 to 9999: what both RFC 3339 and a timestamptz can say. */
export const isStorableInstant = (epochMs: number): boolean => epochMs >= firstMs && epochMs <= lastMs
