/**
 * Addresses as identity compares them: one form per mailbox, so the unique constraint on it settles who owns an address.
 * The form a person typed is kept beside it and is the one mail goes to.
 */

/** Case does not tell two people apart (RFC 5321 §2.4 allows it, no mailbox in use does it). Nothing else is folded: dots and tags belong to the provider. */
export const normalizeAddress = (address: string): string => address.trim().normalize('NFC').toLowerCase()
