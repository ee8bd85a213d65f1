/** Scalars that several contracts share, with the limits that keep them harmless. */
import Type from 'typebox'

export { DisplayName } from './display-name.ts'
export { EmailAddress } from './email-address.ts'

/** RFC 3339 instant in UTC. */
export const Instant = Type.String({ format: 'date-time' })
/**
 * A password as typed. Quality is judged by identity, never by the schema: the limit only bounds the work of hashing
 * (NIST SP 800-63B-4 asks for at least 64).
 */
export const Password = Type.String({ minLength: 1, maxLength: 1024 })
/** A single-use secret as it stands in a link or an answer. */
export const OpaqueSecret = Type.String({ minLength: 1, maxLength: 512 })
/** A language tag of BCP 47, as far as mails and pages choose by it. */
export const LanguageTag = Type.String({ pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$', maxLength: 35 })
/** A name of the IANA time zone database, or `UTC`; identity checks that it is one. */
export const TimeZone = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$', maxLength: 64 })
/** Where a picture is, for whoever shows the person; nothing of ours fetches it. */
export const PictureUrl = Type.String({ pattern: '^https://[!-~]+$', maxLength: 2048 })
/** Opaque positions a write depends on; handed back as `at_least`. */
export const Revision = Type.String({ minLength: 1, maxLength: 1024 })
/**
 * Why somebody with power over others did something, in their own words, for the audit trail: something visible, on one
 * line.
 */
export const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: '^[^\\p{Cc}\\p{Cs}]*[\\p{L}\\p{N}][^\\p{Cc}\\p{Cs}]*$',
})
