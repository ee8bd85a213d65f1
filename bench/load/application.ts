/** An application of others on the running platform, and the consent of a person to it. */
import { logIn } from '../parts/platform-work.ts'
import type { Person, Platform } from '../servers/platform.ts'
import type { Ask } from './closed-loop.ts'
import { beginFlow, redeemCode, type Application, type ClientTokens, type Provider } from './code-flow.ts'

/** An application of the owner's organization, which asks for consent. */
export async function registerApplication(ask: Ask, platform: Platform, more: object): Promise<Application> {
  const [owner] = platform.people as [Person]
  const { access_token: token } = await logIn(ask, owner)
  const callback = 'https://app.example/callback'
  const { status, body } = await ask('POST', `/v1/organizations/${platform.organizationId}/oauth-clients`, {
    token,
    body: {
      name: 'Wiki',
      redirect_uris: [callback],
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      ...more,
    },
  })
  if (status !== 201) throw new Error(`registering a client: ${status} ${body}`)
  const { id, client_secret: secret } = JSON.parse(body) as { id: string; client_secret: string }
  return { id, secret, callback }
}

/** Signs the person of this token in to the application by the decision of a page; with it they allow the scope. */
export async function allowOnce(provider: Provider, token: string): Promise<ClientTokens> {
  const begun = await beginFlow(provider)
  const path = `/v1/me/authorizations/${begun.location.searchParams.get('request') ?? ''}`
  const { status, body } = await provider.ask('POST', path, { token, body: { decision: 'approved' } })
  if (status !== 200) throw new Error(`allowing: ${status} ${body}`)
  const { pathname, search } = new URL((JSON.parse(body) as { continue_at: string }).continue_at)
  const back = await provider.ask('GET', pathname + search, { headers: { cookie: begun.cookies } })
  return await redeemCode(provider, { at: new URL(back.headers.location ?? ''), verifier: begun.verifier })
}
