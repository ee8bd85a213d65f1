/** Keys that sign access tokens. */
import Type, { type Static } from 'typebox'
import { Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** A new signing key is in the JWKS. */
export const SigningKeyCreated = {
  type: 'gatehouse.tokens.signing_key.created.v1',
  data: Type.Object({
    kid: Type.String(),
    /** Of the operator who wanted it; absent where tokens did it by itself. */
    reason: Type.Optional(Reason),
  }),
} as const

export type SigningKeyCreated = Static<typeof SigningKeyCreated.data>

/** Emergency rotation: every token signed by this key is void. */
export const SigningKeyVoided = {
  type: 'gatehouse.tokens.signing_key.voided.v1',
  data: Type.Object({
    kid: Type.String(),
    /** Of the operator who wanted it; absent where tokens did it by itself. */
    reason: Type.Optional(Reason),
  }),
} as const

export type SigningKeyVoided = Static<typeof SigningKeyVoided.data>

export const signingKeyEvents: readonly EventContract[] = [SigningKeyCreated, SigningKeyVoided]
