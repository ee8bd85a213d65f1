/**
 * A `client_id` that is the address of a document about the client (OAuth Client ID Metadata Document, section 3): an
 * address of the web with a path, and written in one way only. What a parser would write otherwise (dots, case, default
 * ports) could be two clients for one document.
 */
const longest = 500

export function isClientIdentifierUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || text.length > longest || !/^[\x21-\x7e]+$/.test(text)) return false
  if (text.includes('#') || !URL.canParse(text)) return false
  const url = new URL(text)
  return url.href === text && url.pathname !== '/' && url.username === '' && url.password === ''
}
