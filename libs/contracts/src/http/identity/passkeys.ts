/**
 * Passkeys (WebAuthn level 3): of the signed-in person, and as the first factor of a sign-in. Options and credentials
 * are in the JSON form that browsers read and write.
 */
import Type, { type Static } from 'typebox'
import { DisplayName } from '../../common/display-name.ts'
import { PasskeyId } from '../../common/ids.ts'
import { Instant, OpaqueSecret } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { PasskeyAssertion } from './passkey-assertion.ts'
import { SignInResult, WantedOrganization } from './sign-in.ts'

const base64url = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[A-Za-z0-9_-]+$' })

/** `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` (§5.1.8, §5.1.9). */
const CredentialOptions = Type.Record(Type.String(), Type.Unknown())

/** `RegistrationResponseJSON` (§5.1.8.1). What browsers add is ignored. */
const PasskeyAttestation = Type.Object(
  {
    id: base64url(1400),
    rawId: base64url(1400),
    type: Type.Literal('public-key'),
    response: Type.Object(
      {
        clientDataJSON: base64url(4096),
        attestationObject: base64url(16_384),
        transports: Type.Optional(Type.Array(Type.String({ maxLength: 32 }), { maxItems: 10 })),
      },
      { additionalProperties: true },
    ),
  },
  { additionalProperties: true },
)
export type PasskeyAttestation = Static<typeof PasskeyAttestation>

export const Passkey = Type.Object({
  id: PasskeyId,
  name: Type.String(),
  /** Copied to other devices of the person. */
  synced: Type.Boolean(),
  created_at: Instant,
  last_used_at: Type.Union([Instant, Type.Null()]),
})
export type Passkey = Static<typeof Passkey>

const params = Type.Object({ passkey: PasskeyId })

export const GetPasskeyOptions = defineRoute({
  operationId: 'getPasskeyOptions',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/passkey/options',
  summary:
    'What `navigator.credentials.get()` needs: with `challenge` for step `passkey` of that sign-in, without for a ' +
    'sign-in that begins with a passkey.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ challenge: Type.Optional(OpaqueSecret) }),
  bodyIsOptional: true,
  success: { status: 200, body: CredentialOptions, description: 'The options. Their challenge works once.' },
  problems: ['invalid_token', 'step_unavailable'],
})

export const SignInWithPasskey = defineRoute({
  operationId: 'signInWithPasskey',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/passkey',
  summary: 'Sign in with a passkey alone; the authenticator must have verified the person.',
  auth: 'open',
  limit: 'credentials',
  refreshCookie: 'given',
  body: Type.Object({
    credential: PasskeyAssertion,
    organization_id: WantedOrganization,
  }),
  success: { status: 200, body: SignInResult, description: 'Tokens, or the next step.' },
  problems: ['invalid_passkey'],
})

export const BeginPasskey = defineRoute({
  operationId: 'beginPasskey',
  service: 'identity',
  method: 'POST',
  path: '/v1/me/passkeys/options',
  summary: 'What `navigator.credentials.create()` needs to make a passkey.',
  auth: 'user',
  success: { status: 200, body: CredentialOptions, description: 'The options. Their challenge works once.' },
  problems: ['limit_reached'],
})

export const AddPasskey = defineRoute({
  operationId: 'addPasskey',
  service: 'identity',
  method: 'POST',
  path: '/v1/me/passkeys',
  summary: 'Add the passkey that was made.',
  auth: 'user',
  body: Type.Object({ credential: PasskeyAttestation, name: DisplayName }),
  success: {
    status: 201,
    body: Passkey,
    description: 'The passkey. From now on a sign-in with the password asks for a second factor.',
  },
  problems: ['invalid_passkey', 'conflict', 'limit_reached'],
})

export const ListMyPasskeys = defineRoute({
  operationId: 'listMyPasskeys',
  service: 'identity',
  method: 'GET',
  path: '/v1/me/passkeys',
  summary: 'One’s own passkeys, oldest first.',
  auth: 'user',
  success: {
    status: 200,
    body: Type.Object({ data: Type.Array(Passkey) }),
    description: 'All of them: there are few.',
  },
})

export const RenamePasskey = defineRoute({
  operationId: 'renamePasskey',
  service: 'identity',
  method: 'PATCH',
  path: '/v1/me/passkeys/:passkey',
  summary: 'Name one of one’s own passkeys.',
  auth: 'user',
  params,
  body: Type.Object({ name: DisplayName }),
  success: { status: 200, body: Passkey, description: 'The passkey, renamed.' },
})

export const RemovePasskey = defineRoute({
  operationId: 'removePasskey',
  service: 'identity',
  method: 'DELETE',
  path: '/v1/me/passkeys/:passkey',
  summary: 'Remove one of one’s own passkeys, never the last way to sign in.',
  auth: 'user',
  params,
  success: { status: 204, description: 'It signs nobody in any more.' },
  problems: ['last_way_in'],
})
