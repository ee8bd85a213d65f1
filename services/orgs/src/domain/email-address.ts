/** Mail addresses as orgs compares them: without regard to case or to how an accent was typed. */

/** The form that is stored and compared. Local parts are case-sensitive by RFC 5321 §2.4, and no mailbox in use is. */
export const normalizeEmail = (email: string): string => email.trim().normalize('NFC').toLowerCase()

export const isSameEmail = (one: string, other: string): boolean => normalizeEmail(one) === normalizeEmail(other)
