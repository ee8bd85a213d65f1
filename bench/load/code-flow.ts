/**
 * The authorization code flow with PKCE as a browser and an application send it: to our provider or to another one,
 * message for message the same.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Ask } from './closed-loop.ts'

export type Application = { readonly id: string; readonly secret: string; readonly callback: string }
export type Provider = {
  readonly ask: Ask
  readonly application: Application
  readonly scope: string
  /** The subject that userinfo has to tell. */
  readonly subject: string
}
/** Of the token endpoint. */
export type ClientTokens = { access_token: string; id_token: string; refresh_token?: string }
export type Begun = { readonly verifier: string; readonly location: URL; readonly cookies: string }

const atNoClient = 'http://no-client.invalid'

/** Sends the browser to the authorization endpoint; it answers with a code, or with the way to a sign-in. */
export async function beginFlow(provider: Provider, cookies?: string): Promise<Begun> {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: provider.application.id,
    response_type: 'code',
    redirect_uri: provider.application.callback,
    scope: provider.scope,
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const path = `/oauth2/authorize?${query.toString()}`
  const answer = await provider.ask('GET', path, cookies === undefined ? {} : { headers: { cookie: cookies } })
  const set = (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0])
  return { verifier, location: new URL(answer.headers.location ?? '/', atNoClient), cookies: set.join('; ') }
}

/** @throws Error for anything but tokens */
export async function redeemCode(provider: Provider, o: { at: URL; verifier: string }): Promise<ClientTokens> {
  const { id, secret, callback } = provider.application
  const answer = await provider.ask('POST', '/oauth2/token', {
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    form: {
      grant_type: 'authorization_code',
      code: o.at.searchParams.get('code') ?? '',
      redirect_uri: callback,
      code_verifier: o.verifier,
    },
  })
  if (answer.status !== 200)
    throw new Error(`the token endpoint answered ${answer.status}: ${answer.body} ${o.at.href}`)
  return JSON.parse(answer.body) as ClientTokens
}

/** A code, tokens and userinfo with the session the browser has; false when any of them is not what it has to be. */
export async function codeFlow(provider: Provider, cookies: string): Promise<boolean> {
  const { location, verifier } = await beginFlow(provider, cookies)
  if (!location.href.startsWith(provider.application.callback) || !location.searchParams.has('code')) return false
  const { access_token: token, id_token: idToken } = await redeemCode(provider, { at: location, verifier })
  const answer = await provider.ask('GET', '/oauth2/userinfo', { token })
  if (answer.status !== 200) return false
  const { sub } = JSON.parse(answer.body) as { sub?: string }
  return sub === provider.subject && subjectOf(idToken) === provider.subject
}

function subjectOf(idToken: string): unknown {
  const claims = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as { sub?: unknown }
  return claims.sub
}
