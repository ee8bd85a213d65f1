/** The names most requests have: visible ASCII with spaces between, at most 256 characters. */
export const requestIdForm = /^[\x21-\x7e]([\x20-\x7e]{0,254}[\x21-\x7e])?$/

/**
 * Every name a request can have: AuthZEN 1.0 wants any value of the header back unchanged, so it is whatever a header
 * can hold (RFC 9110 §5.5). The length is bounded, because the name travels along to each service beside credentials,
 * and a head is 16 KiB at most.
 */
export const isRequestId = (name: string): boolean => /^[\t\x20-\x7e\x80-\xff]{1,4096}$/.test(name)

export const isAscii = (name: string): boolean => /^[\t\x20-\x7e]*$/.test(name)
