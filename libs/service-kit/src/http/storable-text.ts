/**
 * Text PostgreSQL can store and compare with: no NUL, no half of a surrogate pair. Anything else is refused before it
 * becomes a query.
 */

export const isStorableText = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text)
