/**
 * An application whose people sign in with Gatehouse: sign-in, the organization and a change of it, a permission that
 * is asked for, and logout in both directions. It needs three settings (issuer, client id, client secret) and an API
 * key; here they come from the file of a running `npm start`.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as openid from 'openid-client'

const file = process.env['GATEHOUSE_PLATFORM_FILE'] ?? '.data/platform.json'
const { issuer, demo } = JSON.parse(readFileSync(file, 'utf8')) as {
  issuer: string
  demo: {
    organization_id: string
    api_key: string
    application: { client_id: string; client_secret: string; url: string }
  }
}
const { client_id: clientId, client_secret: clientSecret, url } = demo.application
// Plain HTTP is for this machine alone.
const config = await openid.discovery(new URL(issuer), clientId, clientSecret, undefined, {
  execute: [openid.allowInsecureRequests],
})
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''))

type Checks = { pkceCodeVerifier: string; expectedState: string; expectedNonce: string }
type Person = { id: string; name: string; organizationId: string | undefined; idToken: string; sid: string }
/**
 * Of one browser, by its cookie: sign-ins under way by `state`, so that two tabs do not meet, and who has signed in.
 */
type Visit = { pending: Map<string, Checks>; person?: Person }
const visits = new Map<string, Visit>()

const app = Fastify()
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, parsed) =>
  parsed(null, Object.fromEntries(new URLSearchParams(body as string))),
)

app.setErrorHandler((error, _request, reply) => {
  console.error(error)
  void page(reply.code(502), '<p id="problem">This did not work.</p><p><a href="/">Back</a></p>')
})

app.get('/', async (request, reply) => {
  const person = visitOf(request, reply).person
  if (person === undefined) return page(reply, '<p><a id="signin" href="/login">Sign in</a></p>')
  return page(
    reply,
    `<p>You are <b id="name">${escaped(person.name)}</b>,
      for <b id="organization">${person.organizationId ?? 'nobody but yourself'}</b>.</p>
    <p>May you create invoices? <b id="decision">${await mayCreateInvoices(person)}</b></p>
    <p><a id="switch" href="/login?switch=1">Switch organization</a></p>
    <form method="post" action="/logout"><button id="signout">Sign out</button></form>`,
  )
})

app.get<{ Querystring: { switch?: string; organization?: string } }>('/login', async (request, reply) => {
  const checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  }
  visitOf(request, reply).pending.set(checks.expectedState, checks)
  const { switch: isSwitch, organization } = request.query
  const to = openid.buildAuthorizationUrl(config, {
    redirect_uri: `${url}/callback`,
    scope: 'openid profile email',
    code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...(organization !== undefined && { organization_id: organization }),
    // Whoever belongs to several organizations is asked for one.
    ...(isSwitch !== undefined && { prompt: 'select_account' }),
  })
  return reply.redirect(to.href, 303)
})

app.get<{ Querystring: { state?: string; error?: string } }>('/callback', async (request, reply) => {
  const visit = visitOf(request, reply)
  const { state = '', error } = request.query
  const checks = visit.pending.get(state)
  visit.pending.delete(state)
  if (checks === undefined) return page(reply.code(400), '<p id="problem">This sign-in was not begun here.</p>')
  if (error !== undefined) return page(reply, `<p id="problem">${escaped(error)}</p><p><a href="/">Back</a></p>`)
  const tokens = await openid.authorizationCodeGrant(config, new URL(request.url, url), checks)
  const claims = tokens.claims()
  if (claims === undefined || tokens.id_token === undefined) throw new Error('no ID token')
  const { name = '' } = await openid.fetchUserInfo(config, tokens.access_token, claims.sub)
  const organizationId = claims['org_id'] as string | undefined
  const person = { id: claims.sub, name, organizationId, idToken: tokens.id_token, sid: String(claims['sid']) }
  // A new cookie for who has signed in: the old one may be known to others.
  visits.set(giveCookie(reply), { ...visit, person })
  return reply.redirect('/', 303)
})

/** Signs out here, and at Gatehouse with every other application (RP-Initiated Logout 1.0). */
app.post('/logout', (request, reply) => {
  const visit = visitOf(request, reply)
  const { person } = visit
  delete visit.person
  if (person === undefined) return reply.redirect('/', 303)
  const to = openid.buildEndSessionUrl(config, { id_token_hint: person.idToken, post_logout_redirect_uri: `${url}/` })
  return reply.redirect(to.href, 303)
})

/** Gatehouse says that a session is over: signed out elsewhere, disabled, removed (Back-Channel Logout 1.0 §2.6). */
app.post<{ Body: { logout_token?: string } }>('/backchannel-logout', async (request, reply) => {
  const o = { issuer, audience: clientId, typ: 'logout+jwt', requiredClaims: ['sid', 'events'] }
  const token = await jwtVerify(request.body.logout_token ?? '', keys, o).catch(() => undefined)
  void reply.header('cache-control', 'no-store')
  if (token === undefined) return reply.code(400).send()
  for (const visit of visits.values()) if (visit.person?.sid === token.payload['sid']) delete visit.person
  return reply.send()
})

/** The decision point answers whoever holds the key of a service account of the organization (AuthZEN 1.0). */
async function mayCreateInvoices({ id, organizationId }: Person): Promise<string> {
  if (organizationId !== demo.organization_id) return 'unknown: this application has a key of Acme only'
  const answer = await fetch(`${issuer}/access/v1/evaluation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'user', id },
      action: { name: 'create' },
      resource: { type: 'invoice', id: 'new' },
    }),
  })
  const { decision } = (await answer.json()) as { decision?: boolean }
  return decision === true ? 'yes' : 'no'
}

function visitOf(request: FastifyRequest, reply: FastifyReply): Visit {
  const id = /(?:^|; )demo=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
  const known = id === undefined ? undefined : visits.get(id)
  const visit = known ?? { pending: new Map() }
  if (known === undefined) visits.set(giveCookie(reply), visit)
  return visit
}

function giveCookie(reply: FastifyReply): string {
  const id = randomUUID()
  void reply.header('set-cookie', `demo=${id}; Path=/; HttpOnly; SameSite=Lax`)
  return id
}

const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

const page = (reply: FastifyReply, body: string): FastifyReply =>
  reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Invoices</title><h1>Invoices</h1>${body}</html>`)

await app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) })
console.log(`The demo application: ${url}/`)
