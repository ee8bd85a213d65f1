/**
 * Somebody does not want to sign in: the browser goes back to the client with a refusal (RFC 6749 §4.1.2.1). Nobody has
 * to be known for that, so the browser that began the request is the one who may, by its cookie. Who cancels first has
 * done so; what a person decided before stays.
 */
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { answerAddress } from '../../domain/oauth/redirect-uri.ts'
import { deleteOpenAuthorization, findOpenAuthorization } from '../../store/oauth-authorizations.ts'
import type { Sent } from './begin-authorization.ts'
import { browserCookie } from './browser-cookie.ts'
import { over } from './continue-authorization.ts'

/** @throws OAuthError `invalid_request`, for a page */
export async function cancelAuthorization(
  { system, issuer }: Pick<Deps, 'system' | 'issuer'>,
  o: { id: string; cookies: ReadonlyMap<string, string> },
): Promise<Sent> {
  const found = isTypeId('azr', o.id) ? await findOpenAuthorization(system, o.id) : undefined
  if (found === undefined) throw over('unknown, decided or over')
  const { id, browserHash, request } = found.authorization
  const cookie = browserCookie({ issuer, authorizationId: id })
  const presented = o.cookies.get(cookie.name)
  if (presented === undefined || !hashSecret(presented).equals(browserHash)) throw over('another browser')
  if (!(await deleteOpenAuthorization(system, id))) throw over('decided in between')
  const answer = { error: 'access_denied', error_description: 'The person did not sign in.' }
  return {
    to: answerAddress(request.redirectUri, { ...answer, state: request.state, iss: issuer }),
    cookies: [cookie.clear()],
  }
}
