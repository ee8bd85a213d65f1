/** Tokens with which others register clients of the platform (RFC 7591 §3). */
import Type, { type Static } from 'typebox'
import { RegistrationTokenId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** An operator made one. */
export const RegistrationTokenCreated = {
  type: 'gatehouse.tokens.registration_token.created.v1',
  data: Type.Object({ registration_token_id: RegistrationTokenId, uses: Type.Integer(), expires_at: Instant }),
} as const

export type RegistrationTokenCreated = Static<typeof RegistrationTokenCreated.data>

/** It was taken back. */
export const RegistrationTokenDeleted = {
  type: 'gatehouse.tokens.registration_token.deleted.v1',
  data: Type.Object({ registration_token_id: RegistrationTokenId }),
} as const

export type RegistrationTokenDeleted = Static<typeof RegistrationTokenDeleted.data>

export const registrationTokenEvents: readonly EventContract[] = [RegistrationTokenCreated, RegistrationTokenDeleted]
