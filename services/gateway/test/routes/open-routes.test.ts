/**
 * Open routes, with NATS and Redis away: a header nobody asked for shuts none of them, and one sender of junk shuts
 * none for others.
 */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { ready } from '../support/client.ts'
import { inOrganization, mintToken, type Echo } from '../support/fake-platform.ts'

const json = { 'content-type': 'application/json' }
const past = Math.floor(Date.now() / 1000) - 3600
const openRoutes = publicRoutes.filter(({ auth, path }) => auth === 'open' && !path.includes('jwks'))

t.test('an Authorization header that proves nothing is as good as none, on every open route', async (t) => {
  const { ask, platform } = await ready(t)
  const ended = newId('ses')
  platform.announce('tokens', 'session.ended.v1', { session_id: ended, user_id: newId('user'), reason: 'x', min_sv: 2 })
  await waitUntil(
    'the session is known to be over',
    async () => (await ask('/v1/me', { token: mintToken({ sid: ended }) })).status === 401,
  )
  const useless: Record<string, string> = {
    expired: `Bearer ${mintToken({ exp: past, iat: past - 300 })}`,
    void: `Bearer ${mintToken({ sid: ended })}`,
    'null of a script': 'Bearer null',
    undefined: 'Bearer undefined',
    'no scheme': 'null',
    empty: '',
    'a scheme alone': 'Bearer',
    basic: 'Basic YTpi',
    digest: 'Digest username="a"',
    garbage: 'Bearer a.b.c',
    'not even token characters': 'Bearer ü"{}',
    'a foreign issuer': `Bearer ${mintToken({ iss: 'https://evil.example' })}`,
    'an unknown kid': `Bearer ${mintToken({}, { kid: 'k9' })}`,
    'an API key': `Bearer ${mintSecret('gthk_dev_').secret}`,
    'a mistyped API key': 'Bearer gthk_dev_x',
    'an API key of elsewhere': `Bearer ${mintSecret('gthk_prod_').secret}`,
  }
  for (const { method, path, operationId } of openRoutes)
    for (const [name, authorization] of Object.entries(useless)) {
      const answer = await ask(path, {
        method,
        headers: { authorization: Buffer.from(authorization).toString('latin1'), ...json },
        ...(method === 'GET' ? {} : { body: '{}' }),
      })
      t.equal(answer.status, 200, `${operationId}: ${name}`)
      t.notOk('gatehouse-access-token' in (platform.passed.at(-1) as Echo).headers, 'nobody is vouched for')
    }
  t.equal(platform.passed.filter(({ url }) => url.startsWith('/internal/api-keys')).length, 0, 'no key was exchanged')
})

t.test('a good token still says who comes, and may stand behind any number of spaces (RFC 9110 §11.4)', async (t) => {
  const { ask, platform } = await ready(t)
  const token = mintToken(inOrganization())
  for (const authorization of [`Bearer ${token}`, `Bearer  ${token}`, `bearer   ${token}`, `BEARER ${token}`]) {
    t.equal((await ask('/v1/me', { headers: { authorization } })).status, 200, authorization.slice(0, 10))
    const accept = { method: 'POST', headers: { authorization, ...json }, body: '{}' }
    t.equal((await ask('/v1/invitations/accept', accept)).status, 200)
    t.equal((platform.passed.at(-1) as Echo).headers['gatehouse-access-token'], token)
  }
  for (const authorization of [`Bearer\t${token}`, `Bearer${token}`, `Bearer ${token} x`, `Token ${token}`])
    t.equal((await ask('/v1/me', { headers: { authorization } })).status, 401, authorization.slice(0, 10))
})

t.test('one sender of junk leaves everybody else behind the same address alone', async (t) => {
  const { ask } = await ready(t, { GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '3' })
  const post = (path: string, body: object) => ask(path, { method: 'POST', headers: json, body: JSON.stringify(body) })
  const refresh = (token: string) => post('/v1/auth/refresh', { refresh_token: token })
  const one = mintSecret('gthr_').secret
  for (let n = 0; n < 20; n++) await post('/v1/auth/login', { email: `${n}@example.com`, password: 'x' })
  t.equal((await post('/v1/auth/login', {})).status, 429, 'the budget of passwords is used up')
  for (let n = 0; n < 40; n++)
    t.equal((await refresh(mintSecret('gthr_').secret)).status, 200, 'each token has its own')
  t.equal((await post('/v1/auth/refresh', {})).status, 200)
  t.equal((await refresh(one)).status, 200, 'a colleague refreshes')
  t.equal((await post('/v1/auth/logout', { refresh_token: mintSecret('gthr_').secret })).status, 200)
  for (let n = 0; n < 3; n++) t.equal((await post('/v1/invitations/accept', { token: `x${n}` })).status, 200)
  t.equal((await post('/v1/invitations/accept', { token: 'x' })).status, 429, 'invitations have theirs')
  t.equal((await refresh(one)).status, 200)
  t.equal((await refresh(one)).status, 200)
  const limited = await refresh(one)
  t.match([limited.status, limited.body['code']], [429, 'rate_limited'], 'one token again and again')
  t.ok(Number(limited.headers.get('retry-after')) >= 1)
  t.equal(limited.headers.get('ratelimit-limit'), '3')
  t.equal(limited.headers.get('ratelimit-remaining'), '0')
})
