/**
 * The pages at the gateway: what of a browser reaches them, what of theirs comes back, and that a refusal is a page.
 */
import { pageRoutes } from '@gatehouse/contracts/http/pages'
import t from 'tap'
import { inOrganization, mintToken, startGateway, type Echo } from '../support/fake-platform.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }

t.test('the pages’ own cookies and where a form was sent from reach them, and nobody’s token does', async (t) => {
  const { url, platform } = await startGateway(t)
  const headers = {
    ...form,
    authorization: `Bearer ${mintToken(inOrganization())}`,
    cookie: 'other=1; gatehouse_session=2; __Host-gatehouse_flow=3; gatehouse-authorization-x=4; xgatehouse_x=5',
    origin: 'https://evil.example',
    'sec-fetch-site': 'cross-site',
    'accept-language': 'de',
    'gatehouse-access-token': 'forged',
    'gatehouse-client-address': '192.0.2.1',
  }
  for (const { path, methods } of pageRoutes)
    for (const method of methods) {
      const body = method === 'POST' ? 'a=b+c&d=%20' : undefined
      const answer = await fetch(`${url}${path}?x=%20y`, { method, headers, redirect: 'manual', ...(body && { body }) })
      t.equal(answer.status, 200, `${method} ${path}`)
      const echo = platform.passed.at(-1) as Echo
      t.match(echo, { service: 'pages', method, url: `${path}?x=%20y`, body: body ?? '' })
      t.equal(echo.headers['cookie'], 'gatehouse_session=2; __Host-gatehouse_flow=3')
      t.match(echo.headers, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'accept-language': 'de' })
      t.notOk('gatehouse-access-token' in echo.headers)
      t.not(echo.headers['gatehouse-client-address'], '192.0.2.1')
    }
})

t.test('a page’s own policy, cookies and redirect come back', async (t) => {
  const { url, platform } = await startGateway(t)
  const own = {
    'content-security-policy': "default-src 'none'; form-action 'self'",
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'content-language': 'de',
    location: '/signin',
  }
  platform.answer = (_echo, response) => void response.writeHead(303, { ...own, 'set-cookie': ['a=1', 'b=2'] }).end()
  const answer = await fetch(`${url}/signin`, { redirect: 'manual' })
  t.equal(answer.status, 303)
  for (const [name, value] of Object.entries(own)) t.equal(answer.headers.get(name), value)
  t.same(answer.headers.getSetCookie(), ['a=1', 'b=2'])
  t.equal(answer.headers.get('x-content-type-options'), 'nosniff', 'beside what every answer says')
})

t.test('what the gateway refuses itself is a page', async (t) => {
  const { url, platform, server } = await startGateway(t, { GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '5' })
  const isPage = (answer: Response, status: number): void => {
    t.equal(answer.status, status, answer.url)
    t.match(answer.headers.get('content-type'), 'text/html')
    t.match(answer.headers.get('content-security-policy'), "default-src 'none'")
  }
  for (const { path, methods } of pageRoutes)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE'].filter(
      (one) => !(methods as readonly string[]).includes(one),
    )) {
      const answer = await fetch(url + path, { method })
      isPage(answer, 405)
      t.equal(answer.headers.get('allow'), methods.join(', '))
    }
  isPage(await fetch(`${url}/consent`, { method: 'POST', headers: form, body: 'x'.repeat(60_000) }), 413)
  const sent = await Promise.all(
    Array.from({ length: 20 }, () => fetch(`${url}/signin`, { method: 'POST', headers: form, body: 'a=1' })),
  )
  const refused = sent.filter(({ status }) => status === 429)
  t.ok(refused.length > 0, 'forms draw on the budget of passwords')
  t.ok(refused.every(({ headers }) => headers.get('retry-after') !== null))
  isPage(refused[0] as Response, 429)
  t.equal((await fetch(`${url}/signin`)).status, 200, 'and opening a page does not')
  t.equal((await fetch(`${url}/signin/other`)).status, 404, 'nothing else is passed on')
  const passed = platform.passed.length
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  isPage(await fetch(`${url}/signin`), 503)
  t.equal(platform.passed.length, passed)
})
