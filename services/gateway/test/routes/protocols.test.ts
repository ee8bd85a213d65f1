/** The protocols' routes at the gateway: what crosses, what stays outside, and that no answer is a problem document. */
import { protocolRoutes } from '@gatehouse/contracts/http/protocols'
import t from 'tap'
import { inOrganization, mintToken, startGateway, type Echo } from '../support/fake-platform.ts'

const json = { 'content-type': 'application/json' }

t.test('credentials and cookies cross where their protocol takes them, and nowhere else', async (t) => {
  const { url, platform } = await startGateway(t)
  const headers = {
    authorization: 'Basic YTpi',
    cookie:
      'other=1; gatehouse-authorization-x=2; __Host-gatehouse-authorization-y=3; xgatehouse-authorization-z=4; ' +
      'gatehouse_session=5; __Host-gatehouse_session=6; xgatehouse_session=7',
    'gatehouse-authorization': 'forged',
    'gatehouse-access-token': 'forged',
    dpop: 'a.proof.of-a-key',
    'content-type': 'application/x-www-form-urlencoded',
  }
  const cookies: Record<string, string> = {
    authorize: 'gatehouse_session=5; __Host-gatehouse_session=6',
    continueAuthorization: 'gatehouse-authorization-x=2; __Host-gatehouse-authorization-y=3',
  }
  for (const { path, methods, takesAuthorization, operationId } of protocolRoutes)
    for (const method of methods) {
      const body = method === 'POST' ? 'a=b+c&d=%20' : undefined
      const answer = await fetch(`${url}${path}?x=%20y`, { method, headers, redirect: 'manual', ...(body && { body }) })
      t.equal(answer.status, 200, `${method} ${path}`)
      const echo = platform.passed.at(-1) as Echo
      t.match(echo, { service: 'tokens', method, url: `${path}?x=%20y`, body: body ?? '' })
      t.equal(echo.headers['gatehouse-authorization'], takesAuthorization ? 'Basic YTpi' : undefined)
      t.equal(echo.headers['dpop'], takesAuthorization ? 'a.proof.of-a-key' : undefined, 'RFC 9449 §4')
      t.equal(echo.headers['cookie'], cookies[operationId])
      t.notOk('gatehouse-access-token' in echo.headers, 'nobody is verified here')
    }
})

t.test('a token of ours opens nothing and voids nothing at a protocol’s route', async (t) => {
  const { url, platform } = await startGateway(t)
  await fetch(`${url}/oauth2/userinfo`, { headers: { authorization: `Bearer ${mintToken(inOrganization())}` } })
  const echo = platform.passed.at(-1) as Echo
  t.notOk('gatehouse-access-token' in echo.headers)
  t.match(echo.headers['gatehouse-authorization'], /^Bearer /)
})

t.test('redirects, cookies and challenges come back as they are', async (t) => {
  const { url, platform } = await startGateway(t)
  platform.answer = (_echo, response) =>
    void response
      .writeHead(303, {
        location: 'https://app.example/cb?code=1',
        'set-cookie': ['a=1', 'b=2'],
        'www-authenticate': 'Basic',
        'dpop-nonce': 'next',
      })
      .end()
  const answer = await fetch(`${url}/oauth2/authorize`, { redirect: 'manual' })
  t.equal(answer.status, 303)
  t.equal(answer.headers.get('location'), 'https://app.example/cb?code=1')
  t.same(answer.headers.getSetCookie(), ['a=1', 'b=2'])
  t.equal(answer.headers.get('www-authenticate'), 'Basic')
  t.equal(answer.headers.get('dpop-nonce'), 'next')
})

t.test('what the gateway refuses itself has the protocol’s form', async (t) => {
  const { url, platform, server } = await startGateway(t, { GATEWAY_RATE_LIMIT_PER_MINUTE: '40' })
  for (const { path, methods, errors } of protocolRoutes)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE'].filter((one) => !(methods as string[]).includes(one))) {
      const answer = await fetch(url + path, { method })
      t.equal(answer.status, 405, `${method} ${path}`)
      t.equal(answer.headers.get('allow'), methods.join(', '))
      t.match(answer.headers.get('content-type'), errors === 'json' ? 'application/json' : 'text/html')
    }
  const large = await fetch(`${url}/oauth2/token`, { method: 'POST', headers: json, body: 'x'.repeat(40_000) })
  t.equal(large.status, 413)
  t.match(await large.json(), { error: 'invalid_request' })
  const passed = platform.passed.length
  const limited = await Promise.all(
    Array.from({ length: 60 }, () => fetch(`${url}/oauth2/authorize`, { redirect: 'manual' })),
  )
  const refused = limited.filter(({ status }) => status === 429)
  t.ok(refused.length > 0 && platform.passed.length - passed <= 40)
  t.match(refused[0]?.headers.get('content-type'), 'text/html')
  t.ok(refused[0]?.headers.get('retry-after'))
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  const away = await fetch(`${url}/oauth2/token`, { method: 'POST', headers: json, body: '{}' })
  t.equal(away.status, 503)
  t.match(await away.json(), { error: 'temporarily_unavailable' })
  t.ok(away.headers.get('retry-after'))
})

t.test('an authorization request is passed on once, whatever becomes of the answer', async (t) => {
  const { url, platform } = await startGateway(t)
  let asked = 0
  platform.answer = (_echo, response) => {
    asked += 1
    response.socket?.destroy()
  }
  t.equal((await fetch(`${url}/oauth2/authorize?x=1`)).status, 503)
  t.equal(asked, 1)
  t.equal((await fetch(`${url}/.well-known/openid-configuration`)).status, 503)
  t.equal(asked, 4, 'a document is asked for again')
})

t.test(
  'scripts of every origin may call what clients in browsers call, without cookies, and nothing else',
  async (t) => {
    for (const env of [{}, { GATEWAY_CORS_ORIGINS: 'https://app.example' }] as Record<string, string>[]) {
      const { url } = await startGateway(t, env)
      for (const { path, methods, isForScripts } of protocolRoutes) {
        const headers = {
          origin: 'https://spa.example',
          'access-control-request-method': methods[0] ?? 'GET',
          'access-control-request-headers': 'authorization,content-type',
        }
        const preflight = await fetch(url + path, { method: 'OPTIONS', headers })
        const allowed = preflight.headers.get('access-control-allow-origin')
        t.equal(allowed, isForScripts === true ? '*' : null, `OPTIONS ${path}`)
        t.equal(preflight.headers.get('access-control-allow-credentials'), null)
        if (isForScripts === true) {
          t.equal(preflight.status, 204)
          t.match(preflight.headers.get('access-control-allow-headers'), /authorization/)
          t.equal(preflight.headers.get('access-control-allow-methods'), methods.join(', '))
        }
        const refused = await fetch(url + path, { method: 'PATCH', headers: { origin: 'https://spa.example' } })
        t.equal(refused.status, 405)
        t.equal(refused.headers.get('access-control-allow-origin'), allowed, 'an error can be read like an answer')
      }
    }
  },
)
