/** A new signing key is in the JWKS. */
import Type, { type Static } from 'typebox'

export const SigningKeyCreated = {
  type: 'gatehouse.tokens.signing_key.created.v1',
  data: Type.Object({
    kid: Type.String(),
  }),
} as const

export type SigningKeyCreated = Static<typeof SigningKeyCreated.data>
