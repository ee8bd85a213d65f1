/** Every route of identity, written out: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { registerAnswerChallenge } from './answer-challenge.ts'
import { registerCreateInvitedUser } from './create-invited-user.ts'
import { registerGetMe } from './get-me.ts'
import { registerListProfiles } from './list-profiles.ts'
import { registerLogin } from './login.ts'
import { registerMintEmailVerificationLink } from './mint-email-verification-link.ts'
import { registerRegister } from './register.ts'
import { registerResendVerification } from './resend-verification.ts'
import { registerUpdateMe } from './update-me.ts'
import { registerVerifyEmail } from './verify-email.ts'

type Register = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Register[] = [
  registerRegister,
  registerVerifyEmail,
  registerResendVerification,
  registerLogin,
  registerAnswerChallenge,
  registerGetMe,
  registerUpdateMe,
]

/** For other services only. */
export const internalRoutes: readonly Register[] = [
  registerMintEmailVerificationLink,
  registerCreateInvitedUser,
  registerListProfiles,
]
