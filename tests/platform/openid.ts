/**
 * An application of others, with `openid-client` over real sockets, and what another tenant's application can do with
 * its things: nothing.
 */
import * as openid from 'openid-client'
import type tap from 'tap'
import { until, type Api } from './client.ts'
import { signIn } from './people.ts'
import type { DemoUser, PlatformFile } from './platform-file.ts'

type Test = Parameters<Parameters<(typeof tap)['test']>[0]>[0]

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const callback = 'https://app.example/callback'

type Application = { config: openid.Configuration; clientId: string; secret: string; access: string; userId: string }
type Begun = { authorization: string; cookie: string; checks: Checks }
type Checks = { pkceCodeVerifier: string; expectedState: string; expectedNonce: string }

/** Registers an application of the organization and reads the discovery document. */
export async function applicationOf(api: Api, user: DemoUser, org: string): Promise<Application> {
  const { access, id } = await signIn(api, { ...user, organization: org })
  const { status, body } = await api.call('POST', `/v1/organizations/${org}/oauth-clients`, {
    token: access,
    body: {
      name: 'Wiki',
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token', deviceCodeGrant, tokenExchangeGrant],
      scopes: ['openid', 'profile', 'email', 'offline_access'],
    },
  })
  if (status !== 201) throw new Error(`registering a client: ${status} ${JSON.stringify(body)}`)
  const { id: clientId, client_secret: secret } = body as { id: string; client_secret: string }
  const config = await openid.discovery(new URL(api.issuer), clientId, secret, openid.ClientSecretBasic(secret), {
    execute: [openid.allowInsecureRequests],
  })
  return { config, clientId, secret, access, userId: id }
}

/** The browser asks and is sent to sign in. */
export async function begin({ config }: Application): Promise<Begun> {
  const checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  }
  const at = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid profile email offline_access',
    code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  })
  const answer = await fetch(at, { redirect: 'manual' })
  const signInAt = new URL(answer.headers.get('location') ?? 'about:blank')
  return {
    authorization: signInAt.searchParams.get('request') ?? '',
    cookie: answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '',
    checks,
  }
}

/** The person allows it; where the browser comes back to the application. */
export async function allow(api: Api, app: Application, { authorization, cookie }: Begun): Promise<URL> {
  const { body } = await api.call('POST', `/v1/me/authorizations/${authorization}`, {
    token: app.access,
    body: { decision: 'approved' },
  })
  const answer = await fetch(String(body['continue_at']), { redirect: 'manual', headers: { cookie } })
  return new URL(answer.headers.get('location') ?? 'about:blank')
}

/** A 503 on a busy machine can hide that something was done: then an application begins anew. */
async function anew<T>(run: () => Promise<T>, tries = 4): Promise<T> {
  try {
    return await run()
  } catch (err) {
    if (tries === 1) throw err
    return await anew(run, tries - 1)
  }
}

export const tokensOf = (api: Api, app: Application) => anew(() => tokensOnce(api, app))

async function tokensOnce(api: Api, app: Application) {
  const begun = await begin(app)
  return await openid.authorizationCodeGrant(app.config, await allow(api, app, begun), begun.checks)
}

/** A 503 says that nothing happened: it is asked again, as a client does. */
const errorOf = (ask: () => Promise<unknown>): Promise<string> =>
  until(
    'an answer',
    async () => {
      try {
        await ask()
        return 'accepted'
      } catch (err) {
        const { error, status, code } = err as { error?: string; status?: number; code?: string }
        return status === 503 ? undefined : (error ?? code ?? String(err))
      }
    },
    30_000,
  )

export async function openidFlow(t: Test, api: Api, { demo }: PlatformFile): Promise<void> {
  const [owner] = demo.users
  if (owner === undefined) throw new Error('the demo has no users')
  const app = await applicationOf(api, owner, demo.organization_id)
  const tokens = await tokensOf(api, app)
  t.match(tokens.claims(), { sub: app.userId, org_id: demo.organization_id, aud: app.clientId })
  const person = await openid.fetchUserInfo(app.config, tokens.access_token, app.userId)
  t.match(person, { sub: app.userId, email: owner.email, email_verified: true })
  const refreshed = await openid.refreshTokenGrant(app.config, String(tokens.refresh_token))
  t.equal((await openid.tokenIntrospection(app.config, refreshed.access_token)).active, true)
  t.equal((await api.call('GET', '/v1/me', { token: refreshed.access_token })).status, 401, 'no token of our own API')
  const listed = await api.call('GET', '/v1/me/consents', { token: app.access })
  const consent = (listed.body['data'] as { id: string; client: { id: string } }[]).find(
    ({ client }) => client.id === app.clientId,
  )
  t.equal((await api.call('DELETE', `/v1/me/consents/${String(consent?.id)}`, { token: app.access })).status, 204)
  t.equal((await openid.tokenIntrospection(app.config, refreshed.access_token)).active, false)
  t.equal(await errorOf(() => openid.refreshTokenGrant(app.config, String(refreshed.refresh_token))), 'invalid_grant')
}

/** S6 at the protocols' routes: one application with everything of another's, each way; how many tries. */
export async function foreignThings(t: Test, api: Api, { demo }: PlatformFile): Promise<number> {
  const [owner] = demo.users
  const [stranger] = demo.other.users
  if (owner === undefined || stranger === undefined) throw new Error('the demo has no users')
  const apps = [
    await applicationOf(api, owner, demo.organization_id),
    await applicationOf(api, stranger, demo.other.organization_id),
  ] as const
  let tries = 0
  for (const [self, other] of [apps, [apps[1], apps[0]] as const]) {
    const theirs = await tokensOf(api, other)
    const begun = await begin(other)
    const comeBack = await allow(api, other, begun)
    const another = await begin(other)
    const refresh = String(theirs.refresh_token)
    const { device_code: deviceCode } = await openid.initiateDeviceAuthorization(other.config, { scope: 'openid' })
    for (const [what, expected, ask] of [
      ['code', 'invalid_grant', () => codeOf(self, comeBack, begun)],
      [
        'device code',
        'invalid_grant',
        () => openid.genericGrantRequest(self.config, deviceCodeGrant, { device_code: deviceCode }),
      ],
      [
        'access token, exchanged',
        'invalid_request',
        () =>
          openid.genericGrantRequest(self.config, tokenExchangeGrant, {
            subject_token: theirs.access_token,
            subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          }),
      ],
      ['refresh token', 'invalid_grant', () => openid.refreshTokenGrant(self.config, refresh)],
      ['refresh token, revoked', 'unauthorized_client', () => openid.tokenRevocation(self.config, refresh)],
      ['access token, revoked', 'unauthorized_client', () => openid.tokenRevocation(self.config, theirs.access_token)],
    ] as const) {
      t.equal(await errorOf(ask), expected, what)
      tries += 1
    }
    for (const token of [refresh, theirs.access_token, String(theirs.id_token)]) {
      t.same({ ...(await openid.tokenIntrospection(self.config, token)) }, { active: false })
      tries += 1
    }
    for (const [method, body] of [
      ['GET', undefined],
      ['POST', { decision: 'approved' }],
    ] as const) {
      const path = `/v1/me/authorizations/${another.authorization}`
      t.equal((await api.call(method, path, { token: self.access, body })).status, 404, `${method} a request`)
      tries += 1
    }
    t.equal(
      (await openid.tokenIntrospection(other.config, theirs.access_token)).active,
      true,
      'nothing was ended by it',
    )
    t.equal(await errorOf(() => openid.authorizationCodeGrant(other.config, comeBack, begun.checks)), 'accepted')
  }
  return tries
}

/** Another application's code as if it were one's own, with the right verifier. */
const codeOf = (self: Application, comeBack: URL, { checks }: Begun) =>
  openid.genericGrantRequest(self.config, 'authorization_code', {
    code: comeBack.searchParams.get('code') ?? '',
    code_verifier: checks.pkceCodeVerifier,
    redirect_uri: callback,
  })
