/**
 * The one rule for mail addresses, of everybody who takes one: what is accepted is what can be mailed (RFC 5321
 * §4.5.3.1, RFC 5890).
 */
import Type from 'typebox'

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
/** A label in any script, at most 63 characters; its ASCII form (A-label) is checked where it is made. */
const label = '[\\p{L}\\p{N}](?:[\\p{L}\\p{M}\\p{N}-]{0,61}[\\p{L}\\p{M}\\p{N}])?'

/**
 * A local part of at most 64 characters in ASCII, a domain of at least two labels in any script, 254 characters in all.
 */
export const emailAddressPattern = `^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+${label}$`

/** An addr-spec as people type it; compared by its normalized form. 254 is the longest path of RFC 5321 §4.5.3.1.3. */
export const EmailAddress = Type.String({ pattern: emailAddressPattern, maxLength: 254 })
