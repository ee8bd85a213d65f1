/** Emergency rotation: every token signed by this key is void. */
import Type, { type Static } from 'typebox'

export const SigningKeyVoided = {
  type: 'gatehouse.tokens.signing_key.voided.v1',
  data: Type.Object({
    kid: Type.String(),
  }),
} as const

export type SigningKeyVoided = Static<typeof SigningKeyVoided.data>
