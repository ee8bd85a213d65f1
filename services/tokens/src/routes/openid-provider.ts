/** The OpenID provider's endpoints, in the protocols' own form. */
import {
  Authorize,
  AuthorizeDevice,
  ContinueAuthorization,
  EndSignIn,
  GetAuthorizationServerMetadata,
  GetOpenidConfiguration,
  GetProtectedResourceMetadata,
  GetUserInfoMetadata,
  Introspect,
  PushAuthorization,
  RegisterClient,
  Revoke,
  Token,
  UserInfo,
} from '@gatehouse/contracts/http/tokens/openid-provider'
import { bindProtocols, type ProtocolAnswer, type ProtocolRequest } from '@gatehouse/access/serve/bind-protocol'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { authorizeDevice } from '../use-cases/oauth/authorize-device.ts'
import { beginAuthorization } from '../use-cases/oauth/begin-authorization.ts'
import { cancelAuthorization } from '../use-cases/oauth/cancel-authorization.ts'
import { continueAuthorization } from '../use-cases/oauth/continue-authorization.ts'
import { describeProvider } from '../use-cases/oauth/describe-provider.ts'
import { describeApi, describeUserInfo } from '../use-cases/oauth/describe-resources.ts'
import { endSignIn } from '../use-cases/oauth/end-sign-in.ts'
import { introspectToken } from '../use-cases/oauth/introspect-token.ts'
import { issueTokens } from '../use-cases/oauth/issue-tokens.ts'
import { nonceHeader } from '../use-cases/oauth/prove-possession.ts'
import { pushAuthorization } from '../use-cases/oauth/push-authorization.ts'
import { deleteRegistration, readRegistration, replaceRegistration } from '../use-cases/oauth/manage-registration.ts'
import { registerClient } from '../use-cases/oauth/register-client.ts'
import { revokeToken } from '../use-cases/oauth/revoke-token.ts'
import { userInfo } from '../use-cases/oauth/user-info.ts'
import { createCoalescedRefresh } from '../use-cases/sessions/coalesce-refreshes.ts'

/** The document changes with a release. */
const cacheSeconds = 300

const signedOut = { kind: 'page', title: 'You are signed out', text: 'You can close this page.' } as const

export function openidProviderRoutes(app: FastifyInstance, deps: Deps): void {
  const refresh = createCoalescedRefresh(deps)
  // RFC 9449 §8.2: who proves a key has a fresh nonce for the next time.
  const nextNonce = ({ proof }: ProtocolRequest) => (proof === undefined ? {} : nonceHeader(deps))
  bindProtocols(app, deps, (serve) => {
    serve(GetOpenidConfiguration, () => ({ kind: 'json', body: describeProvider(deps), cacheSeconds }))
    serve(GetAuthorizationServerMetadata, () => ({ kind: 'json', body: describeProvider(deps), cacheSeconds }))
    serve(GetProtectedResourceMetadata, () => ({ kind: 'json', body: describeApi(deps), cacheSeconds }))
    serve(GetUserInfoMetadata, () => ({ kind: 'json', body: describeUserInfo(deps), cacheSeconds }))
    serve(Authorize, async (asked) => ({ kind: 'redirect', ...(await beginAuthorization(deps, asked)) }))
    serve(PushAuthorization, async (presented) => ({
      kind: 'json',
      status: 201,
      body: await pushAuthorization(deps, presented),
    }))
    serve(AuthorizeDevice, async (presented) => ({
      kind: 'json',
      body: await authorizeDevice(deps, { presented, clientAddress: currentContext()?.clientAddress }),
    }))
    serve(ContinueAuthorization, async ({ parameters, cookies }) => {
      const id = parameters.get('cancel')
      const sent =
        id === undefined
          ? await continueAuthorization(deps, { continuation: parameters.get('continuation'), cookies })
          : await cancelAuthorization(deps, { id, cookies })
      return { kind: 'redirect', ...sent }
    })
    serve(Token, async (presented) => {
      const { clientAddress, userAgent } = currentContext() ?? {}
      const body = await issueTokens(deps, refresh, { presented, from: { clientAddress, userAgent } })
      return { kind: 'json', body, headers: nextNonce(presented) }
    })
    serve(UserInfo, async (presented) => ({
      kind: 'json',
      body: await userInfo(deps, presented),
      headers: nextNonce(presented),
    }))
    serve(Revoke, async (presented) => {
      await revokeToken(deps, presented)
      return { kind: 'empty' }
    })
    serve(Introspect, async (presented) => ({ kind: 'json', body: await introspectToken(deps, presented) }))
    serve(RegisterClient, (asked) => registration(deps, asked))
    serve(EndSignIn, async ({ parameters }) => {
      const to = await endSignIn(deps, parameters)
      return to === undefined ? signedOut : { kind: 'redirect', to }
    })
  })
}

/** RFC 7591 §3 by POST, RFC 7592 §2 by the others. */
async function registration(deps: Deps, asked: ProtocolRequest): Promise<ProtocolAnswer> {
  switch (asked.method) {
    case 'POST':
      return { kind: 'json', status: 201, body: await registerClient(deps, asked) }
    case 'PUT':
      return { kind: 'json', body: await replaceRegistration(deps, asked) }
    case 'DELETE':
      await deleteRegistration(deps, asked)
      return { kind: 'empty', status: 204 }
    default:
      return { kind: 'json', body: await readRegistration(deps, asked) }
  }
}
