/** A device is signed in by its code: entered or followed, shown, decided, and nothing by a link alone (RFC 8628). */
import t, { type Test } from 'tap'
import { browserToken, openBrowser, openPages, refusal, session } from '../fixtures/visitor.ts'

const id = 'dev_01k4zq3v5xe6hvd8c6mwh9q0zj'
const org = 'org_01k4zq3v5xe6hvd8c6mwh9q0zk'

async function openWithDevice(t: Test, more: object = {}) {
  const pages = await openPages(t)
  const { answers } = pages
  const asked = {
    id,
    user_code: 'BCDF-GHJK',
    client: { id: 'client_01k4zq3v5xe6hvd8c6mwh9q0zk', name: 'TV <b>' },
    scope: ['openid'],
    organization_id: null,
    requested_from: '203.0.113.7',
    requested_at: '2026-01-01T00:00:00.000Z',
    expires_at: '2099-01-01T00:00:00.000Z',
    needs: ['consent'],
    organizations: [],
    ...more,
  }
  answers['POST /internal/browser-sessions/token'] = ({ body }) => ({
    body: { ...browserToken, organization_id: body['organization_id'] ?? null },
  })
  answers['POST /internal/device-authorizations/find'] = ({ body }) =>
    String(body['user_code']).startsWith('BCDF') ? { body: asked } : refusal('not_found')
  answers[`GET /internal/device-authorizations/${id}`] = () => ({ body: asked })
  answers[`POST /internal/device-authorizations/${id}`] = () => ({ status: 204 })
  const browser = openBrowser(pages.app)
  browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
  return { ...pages, browser }
}

t.test('the code is entered, what asks is shown, and the decision ends it', async (t) => {
  for (const [decision, said] of [
    ['approved', 'Your device is signed in.'],
    ['denied', 'The device was refused.'],
  ] as const) {
    const { browser, of } = await openWithDevice(t)
    t.match((await browser.open('/device')).body, 'name="user_code"')
    t.equal((await browser.send('/device', { user_code: 'wrong' })).headers.location, '/device')
    t.match((await browser.open('/device')).body, /No device has this code[\s\S]*id="user_code-error"/)
    await browser.send('/device', { user_code: 'BCDF GHJK' })
    const page = (await browser.open('/device')).body
    t.match(page, /id="user-code">BCDF-GHJK/)
    t.match(page, 'TV &lt;b>')
    t.match(page, '203.0.113.7')
    await browser.send('/device', { decision })
    t.match((await browser.open('/device')).body, said)
    t.same(
      of(`POST /internal/device-authorizations/${id}`).map(({ body }) => body),
      [{ decision }],
    )
    t.match((await browser.open('/device')).body, 'name="user_code"', 'and begins anew')
  }
})

t.test(
  'a link with a code fills it in and decides nothing; it leaves the address and outlives a sign-in',
  async (t) => {
    const { browser, of, answers } = await openWithDevice(t)
    const token = answers['POST /internal/browser-sessions/token']
    answers['POST /internal/browser-sessions/token'] = () => refusal('unauthenticated')
    t.equal((await browser.open('/device?user_code=BCDF-GHJK')).headers.location, '/device')
    t.equal((await browser.open('/device')).headers.location, '/signin?next=%2Fdevice')
    if (token !== undefined) answers['POST /internal/browser-sessions/token'] = token
    t.equal((await browser.open('/signin?next=%2Fdevice')).headers.location, '/device')
    t.match((await browser.open('/device')).body, 'value="BCDF-GHJK"')
    t.equal(of('POST /internal/device-authorizations/find').length, 0, 'nothing was looked for')
  },
)

t.test('one of several organizations is chosen; a request that is over asks for a code again', async (t) => {
  const { browser, answers, of } = await openWithDevice(t, {
    needs: ['select_organization', 'consent'],
    organizations: [org],
  })
  answers['GET /v1/me/organizations'] = () => ({ body: { data: [], page: { next_cursor: null, has_more: false } } })
  await browser.send('/device', { user_code: 'BCDFGHJK' })
  t.match((await browser.open('/device')).body, `value="${org}"`)
  await browser.send('/device', { decision: 'approved', organization: org })
  t.same(of(`POST /internal/device-authorizations/${id}`)[0]?.body, { decision: 'approved', organization_id: org })
  t.equal(of('POST /internal/browser-sessions/token').at(-1)?.body['organization_id'], org, 'acting for it')
  await browser.send('/device', { user_code: 'BCDFGHJK' })
  answers[`GET /internal/device-authorizations/${id}`] = () => refusal('not_found')
  t.match((await browser.open('/device')).body, 'name="user_code"')
  answers[`POST /internal/device-authorizations/${id}`] = () => refusal('not_found')
  t.equal((await browser.send('/device', { decision: 'approved' })).statusCode, 404)
})
