/** `AuthenticationResponseJSON` (WebAuthn level 3 §5.1.10.1), as browsers write it. What they add is ignored. */
import Type, { type Static } from 'typebox'

const base64url = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[A-Za-z0-9_-]+$' })

export const PasskeyAssertion = Type.Object(
  {
    id: base64url(1400),
    rawId: base64url(1400),
    type: Type.Literal('public-key'),
    response: Type.Object(
      {
        clientDataJSON: base64url(4096),
        authenticatorData: base64url(4096),
        signature: base64url(4096),
        userHandle: Type.Optional(Type.Union([base64url(128), Type.Null()])),
      },
      { additionalProperties: true },
    ),
  },
  { additionalProperties: true },
)
export type PasskeyAssertion = Static<typeof PasskeyAssertion>
