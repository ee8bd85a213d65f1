/**
 * The handle of a registration, as a client sends it back: it says "I began this registration" and gives no other
 * right.
 */
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import { registrationPrefix } from '../../domain/secret-prefixes.ts'

/** What is stored of a handle; undefined for none and for what cannot be one. */
export const hashOfHandle = (handle: string | undefined): Buffer | undefined =>
  handle !== undefined && isWellFormed(registrationPrefix, handle) ? hashSecret(handle) : undefined
