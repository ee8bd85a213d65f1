/**
 * The signed-in person sees what an application asks for and decides. The decision makes a continuation: a secret that
 * leads the browser that began the request onwards, once. It is decided by the first who does; knowing an identifier
 * alone leads nowhere, because the cookie is elsewhere.
 */
import type { Authorization as AuthorizationOnWire } from '@gatehouse/contracts/http/tokens/authorizations'
import { ContinueAuthorization } from '@gatehouse/contracts/http/tokens/openid-provider'
import { recordConsent } from '../consents/record-consent.ts'
import { authorizationView } from './authorization-view.ts'
import { organizationFor } from './organization-for.ts'
import { onlyStepUp } from './step-up.ts'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { epochSeconds } from '../../domain/access-claims.ts'
import { missingStrength } from '../../domain/oauth/authorization-request.ts'
import { claimDecision, findOpenAuthorization } from '../../store/oauth-authorizations.ts'

export const continuationPrefix = 'gtac_'

type SettleDeps = Pick<Deps, 'db' | 'system' | 'spine' | 'following' | 'clients' | 'issuer'>
type Wish = { id: string; decision: 'approved' | 'denied'; organizationId: string | null | undefined }

/** @throws AppError `not_found` */
export async function describeAuthorization(
  deps: SettleDeps,
  caller: UserCaller,
  id: string,
): Promise<AuthorizationOnWire> {
  const found = await findOpenAuthorization(deps.system, id)
  if (found === undefined) throw problem('not_found')
  // Of an application of an organization only those learn who may sign in to it.
  if (found.client.orgId !== null) await organizationFor(deps, caller, found.client.orgId)
  return authorizationView(found)
}

/** @throws AppError `not_found`, `insufficient_user_authentication`, `not_current` */
export async function settleAuthorization(
  deps: SettleDeps,
  caller: UserCaller,
  wish: Wish,
): Promise<{ continue_at: string }> {
  const found = await findOpenAuthorization(deps.system, wish.id)
  if (found === undefined) throw problem('not_found')
  const { authorization, client } = found
  const { request } = authorization
  if (wish.decision === 'approved')
    onlyStepUp(
      missingStrength({
        request,
        requestedAt: epochSeconds(authorization.createdAt),
        signIn: { authTime: caller.claims.auth_time, acr: caller.claims.acr },
      }),
    )
  const wished =
    wish.organizationId === undefined ? (request.organizationId ?? caller.orgId ?? null) : wish.organizationId
  // A client of an organization serves those who act for it, and nobody else.
  const asked = client.orgId ?? wished
  const organizationId = wish.decision === 'denied' ? null : await organizationFor(deps, caller, asked)
  const { secret, hash } = mintSecret(continuationPrefix)
  const isFirst = await deps.spine.write(
    {},
    async (tx) => {
      const isDecided = await claimDecision(tx, {
        id: wish.id,
        userId: caller.userId,
        sessionId: caller.sessionId,
        organizationId,
        decision: wish.decision,
        continuationHash: hash,
      })
      if (isDecided && wish.decision === 'approved' && !client.isFirstParty)
        await recordConsent(tx, { userId: caller.userId, client, scopes: request.scope })
      return isDecided
    },
    { db: 'system' },
  )
  if (!isFirst) throw problem('not_found')
  return { continue_at: `${deps.issuer}${ContinueAuthorization.path}?continuation=${secret}` }
}
