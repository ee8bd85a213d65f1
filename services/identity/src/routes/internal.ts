/** What other services ask about people. */
import {
  CreateInvitedUser,
  FindUserByAddress,
  ListProfiles,
  MintAddressChangeLink,
  MintEmailCode,
  MintEmailVerificationLink,
  MintPasswordResetLink,
} from '@gatehouse/contracts/http/identity/internal'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createInvitedUser } from '../use-cases/account/create-invited-user.ts'
import { findUserByAddress } from '../use-cases/account/find-user-by-address.ts'
import { listProfiles } from '../use-cases/account/list-profiles.ts'
import { mintVerificationLink } from '../use-cases/account/mint-verification-link.ts'
import { mintAddressLink } from '../use-cases/addresses/mint-address-link.ts'
import { mintResetLink } from '../use-cases/passwords/mint-reset-link.ts'
import { mintEmailCode } from '../use-cases/sign-in/begin-email-sign-in.ts'
import { requesterOf } from './requester.ts'

export function neighbourRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, MintEmailVerificationLink, async ({ params }) => ({
    mail: (await mintVerificationLink(deps, { verificationId: params.verification })) ?? null,
  }))
  bindRoute(app, MintPasswordResetLink, async ({ params }) => ({
    mail: (await mintResetLink(deps, { resetId: params.reset })) ?? null,
  }))
  bindRoute(app, MintAddressChangeLink, async ({ params, body }) => ({
    mail: (await mintAddressLink(deps, { changeId: params.change, purpose: body.purpose })) ?? null,
  }))
  bindRoute(app, MintEmailCode, async ({ params }) => ({
    mail: (await mintEmailCode(deps, { signInId: params.sign_in })) ?? null,
  }))
  bindRoute(app, CreateInvitedUser, async ({ caller, body, request }) => {
    const { invitation_id: invitationId, ...person } = body
    return {
      user_id: await createInvitedUser(deps, caller, { ...person, invitationId, requester: requesterOf(request) }),
    }
  })
  bindRoute(app, FindUserByAddress, async ({ body }) => ({
    user_id: (await findUserByAddress(deps, { address: body.email })) ?? null,
  }))
  bindRoute(app, ListProfiles, async ({ body }) => {
    const withSecondFactor = body.with_second_factor === true
    const profiles = await listProfiles(deps, { userIds: body.user_ids, withSecondFactor })
    return {
      data: profiles.map(({ id, name, address, isEmailVerified, locale, hasSecondFactor }) => ({
        id,
        name,
        email: address,
        email_verified: isEmailVerified,
        ...(locale !== null && { locale }),
        ...(hasSecondFactor !== undefined && { has_second_factor: hasSecondFactor }),
      })),
    }
  })
}
