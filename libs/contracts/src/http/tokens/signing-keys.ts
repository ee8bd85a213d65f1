/** The keys that sign tokens, as operators see and rotate them. A private key leaves tokens in no answer. */
import Type, { type Static } from 'typebox'
import { SigningKeyId } from '../../common/ids.ts'
import { Instant, Reason } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

const SigningAlgorithm = Type.Union([Type.Literal('ES256'), Type.Literal('RS256')])

/**
 * `announced`: in the key set and not signing yet. `retiring`: no longer signing, and still in the key set. `voided`:
 * every token of it is refused.
 */
const SigningKeyStatus = Type.Union([
  Type.Literal('announced'),
  Type.Literal('signing'),
  Type.Literal('retiring'),
  Type.Literal('voided'),
])

export const SigningKey = Type.Object({
  id: SigningKeyId,
  alg: SigningAlgorithm,
  status: SigningKeyStatus,
  publish_from: Instant,
  sign_from: Instant,
  sign_until: Instant,
  publish_until: Instant,
  voided_at: Type.Union([Instant, Type.Null()]),
})
export type SigningKey = Static<typeof SigningKey>

export const ListSigningKeys = defineRoute({
  operationId: 'listSigningKeys',
  service: 'tokens',
  method: 'GET',
  path: '/v1/platform/keys',
  summary: 'Every signing key that a verifier may still meet, newest first: one or two of each algorithm.',
  auth: 'user',
  success: { status: 200, body: Type.Object({ data: Type.Array(SigningKey) }), description: 'The keys.' },
  problems: ['forbidden'],
})

export const RotateSigningKey = defineRoute({
  operationId: 'rotateSigningKey',
  service: 'tokens',
  method: 'POST',
  path: '/v1/platform/keys/rotate',
  summary:
    'Make the next signing key of an algorithm now. It is in the key set for ten minutes before it signs, and the ' +
    'one before stays for an hour after, so no verification fails. 409 while a next key is already announced.',
  auth: 'user',
  body: Type.Object({ alg: SigningAlgorithm, reason: Reason }),
  example: { alg: 'ES256', reason: 'Yearly exercise' },
  success: { status: 201, body: SigningKey, description: 'The next key.' },
  problems: ['forbidden', 'conflict'],
})

export const VoidSigningKey = defineRoute({
  operationId: 'voidSigningKey',
  service: 'tokens',
  method: 'POST',
  path: '/v1/platform/keys/:signing_key/void',
  summary:
    'In an emergency: refuse every token a key has signed, at once and everywhere. Where no other key of its ' +
    'algorithm signs, a new one begins at once. Sessions stay: their next refresh is signed by the new key.',
  auth: 'user',
  params: Type.Object({ signing_key: SigningKeyId }),
  body: Type.Object({ reason: Reason }),
  example: { reason: 'Incident 17: a memory dump left the building' },
  success: { status: 204, description: 'The key is void; the same for one that was before.' },
  problems: ['forbidden'],
})

export const signingKeyRoutes = [ListSigningKeys, RotateSigningKey, VoidSigningKey] as const
