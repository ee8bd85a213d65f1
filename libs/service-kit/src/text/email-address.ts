/**
 * Mail addresses as they are compared: one form per mailbox, whoever stores or asks. The form a person typed is kept
 * beside it and is the one mail goes to.
 */
import { domainToASCII } from 'node:url'

/** RFC 5321 §4.5.3.1.3 and RFC 1035 §2.3.4, of the ASCII form. */
const longestAddress = 254
const longestDomain = 253
const longestLabel = 63

/**
 * The form that is compared; undefined for an address that no mail can reach because its domain has no ASCII form or
 * one that is too long. Case does not tell two people apart (RFC 5321 §2.4 allows it, no mailbox in use does it), nor
 * does the script a domain is written in (RFC 5891). Nothing else is folded: dots and tags belong to the provider.
 */
export function normalizeEmailAddress(address: string): string | undefined {
  const typed = address.trim().normalize('NFC')
  const at = typed.lastIndexOf('@')
  const domain = domainToASCII(typed.slice(at + 1))
  const isSendable =
    at > 0 &&
    domain !== '' &&
    domain.length <= longestDomain &&
    domain.split('.').every((label) => label !== '' && label.length <= longestLabel)
  const normalized = `${typed.slice(0, at).toLowerCase()}@${domain}`
  return isSendable && normalized.length <= longestAddress ? normalized : undefined
}

/** Whether both are the same mailbox. */
export function isSameEmailAddress(one: string, other: string): boolean {
  const normalized = normalizeEmailAddress(one)
  return normalized !== undefined && normalized === normalizeEmailAddress(other)
}
