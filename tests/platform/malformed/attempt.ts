/** One malformed request: where in which route something is wrong, in which form, and the request itself. */
export type Attempt = {
  route: string
  position: string
  form: string
  method: string
  /** As it is written into the request line. */
  path: string
  /** Pairs, because a name may stand twice. */
  headers: readonly (readonly [string, string])[]
  body?: Buffer
  /** Must not be answered as if nothing were wrong. */
  isRefused?: boolean
}
