/**
 * No secret, token, password, code or personal datum reaches a log line, wherever in the object or the text it stands.
 */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { newContext, runInContext } from '../src/context/request-context.ts'
import { problem } from '../src/errors/app-error.ts'
import { answeredMessage, writeAnswered } from '../src/logging/answer-line.ts'
import { createLogger } from '../src/logging/logger.ts'
import { mintSecret } from '../src/secrets/opaque-token.ts'

function capture(): { lines: string[]; log: ReturnType<typeof createLogger> } {
  const lines: string[] = []
  return {
    lines,
    log: createLogger({ name: 'orgs', level: 'trace', destination: { write: (line) => lines.push(line) } }),
  }
}

const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ'
const { secret } = mintSecret('gthr_')

t.test('fields with secret names are hidden at any depth, in any spelling', async (t) => {
  const { lines, log } = capture()
  log.info(
    {
      a: {
        b: [{ password: 'p-hunter2', 'Set-Cookie': 'c-hunter2', newPassword: 'n-hunter2', refresh_token: 't-hunter2' }],
      },
      headers: { Authorization: 'h-hunter2' },
      email: 'e-hunter2',
    },
    'x',
  )
  t.notMatch(lines.join(), /hunter2/)
  t.match(lines.join(), /\[redacted\]/)
})

t.test('secrets that stand inside texts are hidden by their shape', async (t) => {
  const { lines, log } = capture()
  log.info(
    { url: `https://x/?token=${secret}&a=1`, note: `Bearer ${jwt}`, db: 'postgres://orgs:hunter2hunter2@db:5432/x' },
    `mail to ann@example.com with ${secret}`,
  )
  const text = lines.join()
  for (const leaked of [secret, jwt, 'hunter2', 'ann@example.com'])
    t.notOk(text.includes(leaked), `no ${leaked.slice(0, 8)}`)
  t.match(text, /postgres:\/\/orgs:\[redacted\]@db/)
})

t.test('each shape alone is enough for a text to be looked at, in any case a reader takes it in', async (t) => {
  for (const [text, safe] of [
    ['eyJhbGciOiJ.eyJzdWIiOiJ', '[redacted]'],
    ['gthx_hunter2hunter2', '[redacted]'],
    ['BEARER hunter2', 'BEARER [redacted]'],
    ['basic aHVudGVyMg', 'basic [redacted]'],
    ['redis://default:hunter2@cache', 'redis://default:[redacted]@cache'],
    ['/v1/verify?token:1&CODE=hunter2', '/v1/verify?token:1&CODE=[redacted]'],
    ['to ann@example.com', 'to [redacted]'],
    ['Failed query\nparams: hunter2', 'Failed query\nparams: [redacted]'],
    ['GET /v1/me was answered', 'GET /v1/me was answered'],
  ] as const) {
    const { lines, log } = capture()
    log.info({ note: text }, text)
    t.match(JSON.parse(lines[0] ?? '{}'), { note: safe, message: safe }, text)
  }
})

t.test('errors lose the values of the query that failed, in message, stack and causes', async (t) => {
  const { lines, log } = capture()
  const cause = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (email)=(ann@example.com) already exists.',
    parameters: ['hunter2'],
  })
  log.error(
    { err: new Error('Failed query: insert into users values ($1, $2)\nparams: ann@example.com,hunter2', { cause }) },
    'failed',
  )
  const text = lines.join()
  t.notMatch(text, /hunter2|ann@example\.com/)
  t.match(text, /23505/, 'the SQLSTATE stays')
  t.match(text, /Failed query/)
})

t.test('an AppError shows its internal text to operators', async (t) => {
  const { lines, log } = capture()
  log.warn({ err: problem('unauthenticated', { internal: 'unknown kid' }) }, 'refused')
  t.match(lines.join(), /unknown kid/)
})

t.test('lines carry the ids of the request they belong to', async (t) => {
  const { lines, log } = capture()
  runInContext(newContext({ requestId: 'req-1', correlationId: 'story-1' }), () =>
    log.info({ name: 'orgs--users' }, 'working'),
  )
  const line = JSON.parse(lines[0] ?? '{}') as Record<string, unknown>
  t.match(line, {
    service: 'orgs',
    level: 'info',
    message: 'working',
    request_id: 'req-1',
    correlation_id: 'story-1',
    name: 'orgs--users',
  })
  t.match(line['trace_id'], /^[0-9a-f]{32}$/)
})

t.test('the line of an answer is letter for letter the one the logger would write', async (t) => {
  const { lines, log } = capture()
  const withoutTime = (line: string | undefined) => line?.replace(/"time":"[0-9T:.Z-]{24}"/, '')
  const check = (requestId: string, { parent, correlationId }: { parent?: string; correlationId?: string } = {}) => {
    lines.length = 0
    const context = newContext({
      requestId,
      ...(parent !== undefined && { traceparent: parent }),
      ...(correlationId !== undefined && { correlationId }),
    })
    const fields = { method: 'GET', route: '/v1/things/:thing', status: 200 }
    for (const level of ['info', 'debug'] as const) {
      runInContext(context, () => log[level]({ ...fields, duration_ms: 1.3 }, answeredMessage))
      writeAnswered(log, level, { ...fields, ms: 1.2799, context })
    }
    const [theirs, ours, debugTheirs, debugOurs] = lines.map(withoutTime)
    return theirs === ours && debugTheirs === debugOurs && theirs !== debugTheirs && theirs?.endsWith('}\n')
  }
  const parent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01'
  for (const id of [
    'req_01jdzz5c1xf8prb5a4p0t9w3kq',
    'a "b" \\c',
    'caf\u00e9',
    'a\tb',
    '\u001f',
    'Bearer abc.def',
    'ann@example.com',
  ])
    t.ok(check(id, { parent }), id)
  t.ok(check('one', { parent, correlationId: 'gthr_abcdefghijk' }), 'a correlation')
  t.ok(check('one'), 'a trace of its own')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (id) => check(id)))
  writeAnswered(log, 'info', { method: 'GET', route: 'unknown', status: 404, ms: 3, context: undefined })
  t.notMatch(lines.at(-1), /_id"/, 'no context, no ids')
})
