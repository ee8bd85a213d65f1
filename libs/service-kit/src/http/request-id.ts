/** The names a caller may give to a request: visible ASCII with spaces between, at most 256 characters. */
export const requestIdForm = /^[\x21-\x7e]([\x20-\x7e]{0,254}[\x21-\x7e])?$/
