/** What people allow clients of the OpenID provider. */
import Type, { type Static } from 'typebox'
import { ConsentId, ClientIdentifier, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

const consent = { consent_id: ConsentId, user_id: UserId, client_id: ClientIdentifier }

/** A person allowed an application a scope; `scope` is all that it may have now. */
export const OAuthConsentGranted = {
  type: 'gatehouse.tokens.oauth_consent.granted.v1',
  data: Type.Object({ ...consent, scope: Type.Array(Type.String()) }),
} as const

export type OAuthConsentGranted = Static<typeof OAuthConsentGranted.data>

/** A person took back what they allowed; each session of the client ends with its own event. */
export const OAuthConsentRevoked = {
  type: 'gatehouse.tokens.oauth_consent.revoked.v1',
  data: Type.Object(consent),
} as const

export type OAuthConsentRevoked = Static<typeof OAuthConsentRevoked.data>

export const oauthConsentEvents: readonly EventContract[] = [OAuthConsentGranted, OAuthConsentRevoked]
