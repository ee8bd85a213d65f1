/**
 * The relying party of WebAuthn level 3: options for browsers, and what is true of a credential they bring. It decides
 * nothing that other requests could race for: whether a challenge is unused and a counter has moved on is settled in
 * the store.
 */
import { createHash } from 'node:crypto'
import type { PasskeyAssertion } from '@gatehouse/contracts/http/identity/passkey-assertion'
import type { PasskeyAttestation } from '@gatehouse/contracts/http/identity/passkeys'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'

/** Ed25519, ES256, RS256: what authenticators have. */
const algorithms = [-8, -7, -257]

export type KnownCredential = { credentialId: Buffer; transports: string[] }
export type NewCredential = KnownCredential & { publicKey: Buffer; signCount: number; isBackedUp: boolean }

/**
 * An assertion whose signature is right. `challengeHash`: of the challenge it signed, which is still to be found and
 * used.
 */
export type VerifiedAssertion = {
  credentialId: Buffer
  challengeHash: Buffer
  signCount: number
  isUserVerified: boolean
  isBackedUp: boolean
}

export type RelyingParty = {
  registrationOptions(person: {
    userId: string
    address: string
    known: readonly KnownCredential[]
  }): Promise<CredentialOptions>
  /** `allowed`: the credentials of a person who is known already; undefined for whoever has a discoverable one. */
  authenticationOptions(given: { allowed: readonly KnownCredential[] | undefined }): Promise<CredentialOptions>
  /** Undefined for anything but a credential made here for `challengeHash`. */
  verifyAttestation(
    credential: PasskeyAttestation,
  ): Promise<{ credential: NewCredential; challengeHash: Buffer } | undefined>
  /** Undefined for anything but a right signature of `publicKey` made here by the person `userId`. */
  verifyAssertion(
    credential: PasskeyAssertion,
    owner: { publicKey: Buffer; userId: string; requiresUserVerification: boolean },
  ): Promise<VerifiedAssertion | undefined>
}

export type CredentialOptions = { options: Record<string, unknown>; challengeHash: Buffer }

const hashOf = (challenge: string): Buffer => createHash('sha256').update(`passkey ${challenge}`).digest()
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')

/** The user handle (§5.4.3): 16 bytes that say nothing about the person. */
export const userHandleOf = (userId: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(uuidOf(userId, 'user').replaceAll('-', ''), 'hex'))

type Place = { id: string; name: string; origins: string[] }

export function createRelyingParty({ id, name, origins }: Place): RelyingParty {
  const expected = { expectedOrigin: origins, expectedRPID: id }
  const descriptorsOf = (credentials: readonly KnownCredential[]) =>
    credentials.map(({ credentialId, transports }) => ({ id: credentialId.toString('base64url'), transports }))
  return {
    async registrationOptions({ userId, address, known }) {
      const options = await generateRegistrationOptions({
        rpID: id,
        rpName: name,
        userID: userHandleOf(userId),
        userName: address,
        attestationType: 'none',
        supportedAlgorithmIDs: algorithms,
        excludeCredentials: descriptorsOf(known),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      })
      return { options: { ...options }, challengeHash: hashOf(options.challenge) }
    },
    async authenticationOptions({ allowed }) {
      const options = await generateAuthenticationOptions({
        rpID: id,
        userVerification: allowed === undefined ? 'required' : 'preferred',
        ...(allowed && { allowCredentials: descriptorsOf(allowed) }),
      })
      return { options: { ...options }, challengeHash: hashOf(options.challenge) }
    },
    verifyAttestation: (credential) => attestationOf(credential, expected),
    verifyAssertion: (credential, owner) => assertionOf(credential, owner, expected),
  }
}

type Expected = { expectedOrigin: string[]; expectedRPID: string }

async function attestationOf(
  credential: PasskeyAttestation,
  expected: Expected,
): Promise<{ credential: NewCredential; challengeHash: Buffer } | undefined> {
  const { clientDataJSON, attestationObject, transports = [] } = credential.response
  const challenge = challengeOf(clientDataJSON)
  if (challenge === undefined) return undefined
  const verified = await orUndefined(
    verifyRegistrationResponse({
      ...expected,
      response: {
        ...credential,
        response: { clientDataJSON, attestationObject, transports },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      requireUserVerification: false,
      supportedAlgorithmIDs: algorithms,
    }),
  )
  if (verified?.verified !== true) return undefined
  const { credential: made, credentialBackedUp } = verified.registrationInfo
  // The identifier the browser names and the one the authenticator signed are one (§7.1, step 26).
  if (made.id !== credential.id) return undefined
  return {
    challengeHash: hashOf(challenge),
    credential: {
      credentialId: bytesOf(made.id),
      publicKey: Buffer.from(made.publicKey),
      signCount: made.counter,
      isBackedUp: credentialBackedUp,
      transports,
    },
  }
}

async function assertionOf(
  credential: PasskeyAssertion,
  { publicKey, userId, requiresUserVerification }: Parameters<RelyingParty['verifyAssertion']>[1],
  expected: Expected,
): Promise<VerifiedAssertion | undefined> {
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response
  const challenge = challengeOf(clientDataJSON)
  const isOwners = (userHandle ?? null) === null || bytesOf(userHandle ?? '').equals(userHandleOf(userId))
  if (challenge === undefined || !isOwners) return undefined
  const verified = await orUndefined(
    verifyAuthenticationResponse({
      ...expected,
      response: {
        ...credential,
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      requireUserVerification: requiresUserVerification,
      // The counter is compared and set in one statement of the store, after the signature: a forged one must raise no
      // alarm.
      credential: { id: credential.id, publicKey: Uint8Array.from(publicKey), counter: 0 },
    }),
  )
  if (verified?.verified !== true) return undefined
  const { newCounter, userVerified, credentialBackedUp } = verified.authenticationInfo
  return {
    credentialId: bytesOf(credential.id),
    challengeHash: hashOf(challenge),
    signCount: newCounter,
    isUserVerified: userVerified,
    isBackedUp: credentialBackedUp,
  }
}

/**
 * The challenge that was signed; undefined for what no browser writes, and for a page inside another origin's frame
 * (§7.2, step 13).
 */
function challengeOf(clientDataJSON: string): string | undefined {
  try {
    const { challenge, crossOrigin, topOrigin } = JSON.parse(bytesOf(clientDataJSON).toString('utf8')) as Record<
      string,
      unknown
    >
    const isFramed = (crossOrigin !== undefined && crossOrigin !== false) || topOrigin !== undefined
    return typeof challenge === 'string' && !isFramed ? challenge : undefined
  } catch {
    return undefined
  }
}

/** The library throws for everything that is not as it must be. */
const orUndefined = <T>(verification: Promise<T>): Promise<T | undefined> => verification.catch(() => undefined)
