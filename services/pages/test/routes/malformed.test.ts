/**
 * Whatever a browser or a program sends to a page is answered with a page or a way to one: no fault of ours, no way
 * elsewhere, nothing of it as markup (S6, S8).
 */
import { pageRoutes } from '@gatehouse/contracts/http/pages'
import t from 'tap'
import { browserToken, csrfIn, openBrowser, openPages, refusal, session } from '../fixtures/visitor.ts'

const long = 'x'.repeat(3000)
const queries = [
  'next=//evil.example',
  'next=/account/../../evil',
  'next=%2Faccount%00',
  `request=azr_${'z'.repeat(26)}`,
  `request=${long}&user_code=${long}&cursor=${long}&login_hint=${long}`,
  `organization=org_${'0'.repeat(26)}&user=user_${'0'.repeat(26)}`,
  'user_code=%3Cscript%3E&cursor=%22%3E%3Cscript%3E&login_hint=%22%3E%3Cscript%3E',
  'token=%3Cscript%3E',
  'token=a&token=b',
  '__proto__=x&constructor=y&token[]=a',
  'x=%',
  'x=%ff',
]
const fields = [
  'action',
  'email',
  'password',
  'current_password',
  'name',
  'code',
  'credential',
  'session',
  'consent',
  'passkey',
  'invitation',
  'organization',
  'user',
  'user_code',
  'decision',
  'role',
  'role.x',
  'mfa',
  'once',
]
const values = ['', '\0', '<script>alert(1)</script>', '../../internal/x?y#z', '{"id":1}', '[]', '\ud800', '؀‮', long]
const actions = [
  'invite',
  'resend',
  'revoke',
  'rules',
  'suspend',
  'reactivate',
  'create',
  'leave',
  'delete',
  'export',
  'join',
  'passkey',
  'approved',
]

/** What is wrong with an answer. */
function complaintAbout(answer: { statusCode: number; headers: Record<string, unknown>; body: string }) {
  const { statusCode, headers, body } = answer
  const location = String(headers['location'] ?? '')
  if (statusCode >= 500) return `${statusCode}`
  if (statusCode >= 300 && statusCode < 400) return /^\/(?![/\\])/.test(location) ? undefined : `sends to ${location}`
  if (!/^(text\/html|application\/json)/.test(String(headers['content-type'])))
    return `as ${String(headers['content-type'])}`
  return /<script>|"><script/.test(body) ? 'markup of theirs' : undefined
}

for (const [name, code, forms] of [
  ['nothing is there', 'not_found', actions.map((action) => ({ action, decision: action }))],
  [
    'everything is refused',
    'validation_failed',
    values.map((value) => Object.fromEntries(fields.map((field) => [field, value]))),
  ],
] as const)
  t.test(`malformed queries and forms where ${name}`, async (t) => {
    const { app, answers } = await openPages(t)
    const known = { 'POST /internal/browser-sessions/token': () => ({ body: browserToken }) }
    Object.setPrototypeOf(
      answers,
      new Proxy({}, { get: (_, key) => (key in known ? known[key as keyof typeof known] : () => refusal(code)) }),
    )
    const browser = openBrowser(app)
    const complaints: string[] = []
    let sent = 0
    const check = (what: string, answer: Parameters<typeof complaintAbout>[0]): void => {
      sent += 1
      const complaint = complaintAbout(answer)
      if (complaint !== undefined) complaints.push(`${what}: ${complaint}`)
    }
    let token = { of: '', csrf: '' }
    /** Belongs to the browser's name, which a sign-out changes. */
    const csrfOf = async (): Promise<string> => {
      const of = browser.cookies.get('__Host-gatehouse_browser') ?? ''
      if (of !== token.of) token = { of, csrf: csrfIn((await browser.open('/forgot-password')).body) ?? '' }
      return token.csrf
    }
    const signIn = () => browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
    for (const { path, methods } of pageRoutes) {
      if (path.startsWith('/assets/')) continue
      if (methods.includes('GET') && code === 'not_found')
        for (const query of queries) {
          signIn()
          check(`GET ${path}?${query.slice(0, 40)}`, await browser.open(`${path}?${query}`))
        }
      if (!methods.includes('POST')) continue
      for (const [at, form] of forms.entries()) {
        signIn()
        check(`POST ${path} form ${at}`, await browser.post(path, { ...form, csrf: await csrfOf() }))
      }
    }
    t.same(complaints, [], `${sent} sent`)
    t.ok(sent > 200, `${sent} sent`)
  })

t.test('cookies that nobody gave', async (t) => {
  const { app, answers } = await openPages(t)
  answers['POST /internal/browser-sessions/token'] = () => refusal('unauthenticated')
  const complaints: string[] = []
  for (const name of ['browser', 'flow', 'session', 'device', 'registration'])
    for (const value of ['', 'x', '%00', '"', 'A'.repeat(43), 'A'.repeat(4000), 'eyJ.e30.e30'])
      for (const path of ['/signin', '/signin/code', '/account', '/reset-password', '/device']) {
        const browser = openBrowser(app)
        browser.cookies.set(`__Host-gatehouse_${name}`, value)
        const complaint = complaintAbout(await browser.open(path))
        if (complaint !== undefined) complaints.push(`${name}=${value.slice(0, 20)} at ${path}: ${complaint}`)
      }
  t.same(complaints, [])
})
