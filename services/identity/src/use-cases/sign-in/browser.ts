/** The value of the browser that a sign-in is bound to, as a client in front of browsers sends it with each step. */
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'

/** What is stored of it; undefined when the client names none. */
export const hashOfBrowser = (browser: string | undefined): Buffer | undefined =>
  browser === undefined ? undefined : hashSecret(`browser ${browser}`)
