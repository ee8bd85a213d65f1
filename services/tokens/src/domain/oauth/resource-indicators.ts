/**
 * Resource indicators (RFC 8707): which of its resource servers a client wants a token for. An authorization request
 * sets the most; a token request chooses out of that.
 */
type Parameters = ReadonlyMap<string, string>

/** Undefined where none is named: then it is all that may be had. */
export const resourcesIn = (parameters: Parameters): string[] | undefined => {
  const text = parameters.get('resource')
  return text === undefined ? undefined : [...new Set(text.split(' '))]
}

export const invalidTarget = 'resource names no resource server that this client registered, or was allowed.'

/** Whether each of them is an absolute address without a fragment (§2) and among those that may be had. */
export const isWithin = (asked: readonly string[], allowed: readonly string[]): boolean =>
  asked.every((one) => URL.canParse(one) && !one.includes('#') && allowed.includes(one))
