/** An authorization request as pages lead through it; with the person's access token, what is left for them. */
import type { AuthorizationForPages } from '@gatehouse/contracts/http/tokens/authorizations'
import type { PrincipalCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { epochSeconds } from '../../domain/access-claims.ts'
import { needsOf } from '../../domain/oauth/authorization-needs.ts'
import { findOpenAuthorization } from '../../store/oauth-authorizations.ts'
import { authorizationView, redirectSource } from './authorization-view.ts'
import { personAtHand } from './person-at-hand.ts'

/** @throws AppError `not_found`, `not_current` */
export async function showAuthorization(
  deps: Pick<Deps, 'db' | 'system' | 'following' | 'clients'>,
  { id, by }: { id: string; by: PrincipalCaller | undefined },
): Promise<AuthorizationForPages> {
  const found = await findOpenAuthorization(deps.system, id)
  if (found === undefined) throw problem('not_found')
  const { authorization, client } = found
  const { request } = authorization
  const person =
    by?.kind === 'user'
      ? await personAtHand(deps, { sessionId: by.sessionId, userId: by.userId, client, request })
      : undefined
  const requestedAt = epochSeconds(authorization.createdAt)
  return {
    ...authorizationView(found),
    redirect_source: redirectSource(request.redirectUri),
    needs: needsOf({ request, isFirstParty: client.isFirstParty, requestedAt, person }),
    organizations: [...(person?.organizations ?? [])],
    prompt: request.prompt,
    ...(request.loginHint !== undefined && { login_hint: request.loginHint }),
    ...(request.uiLocales !== undefined && { ui_locales: request.uiLocales }),
    ...(request.acrValues !== undefined && { acr_values: request.acrValues }),
    ...(request.maxAgeSeconds !== undefined && { max_age_seconds: request.maxAgeSeconds }),
  }
}
