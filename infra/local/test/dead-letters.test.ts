/**
 * The command `dead-letters` against a server that answers as the API does: what it asks, what it prints, how it ends.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const command = fileURLToPath(new URL('../src/dead-letters.ts', import.meta.url))
const [poisoned, healed] = ['dlt_01h455vb4pex5vsknk084sn02q', 'prk_01h455vb4pex5vsknk084sn02r']
const letter = {
  failed_at: '2026-01-01T00:00:00.000000Z',
  service: 'workers',
  kind: 'event',
  reader: 'workers--audit',
  type: 'gatehouse.orgs.membership.removed.v1',
  subject: null,
  reason: 'Error: planted',
}

const asked: string[] = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const url = request.url ?? ''
    asked.push(`${request.method} ${url} ${body}`.trim())
    const answer = (status: number, value?: object) => response.writeHead(status).end(value && JSON.stringify(value))
    if (request.headers.authorization !== 'Bearer secret') return answer(401, { code: 'unauthenticated' })
    if (url.endsWith('/discard')) return answer(204)
    if (url.endsWith('/replay'))
      return answer(
        200,
        url.includes(poisoned) ? { outcome: 'failed', reason: 'Error: planted' } : { outcome: 'replayed' },
      )
    const isLast = url.includes('cursor=next')
    answer(200, {
      data: [{ ...letter, id: isLast ? healed : poisoned }],
      page: { next_cursor: isLast ? null : 'next', has_more: !isLast },
      unanswered: isLast ? ['orgs'] : [],
    })
  })
}).listen(0, '127.0.0.1')
await once(server, 'listening')
t.teardown(() => server.close())

const run = (args: string[], token = 'secret') =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = {
      ...process.env,
      GATEHOUSE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      GATEHOUSE_TOKEN: token,
    }
    execFile(process.execPath, ['--import', 'tsx', command, ...args], { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })

t.test('list walks all pages and says who did not answer', async (t) => {
  const { code, out, err } = await run(['list', '--kind', 'event'])
  t.equal(code, 0, err)
  t.match(out, new RegExp(`${poisoned}.*Error: planted\n.*${healed}.*\n2 dead letters\n$`))
  t.equal(err, 'did not answer: orgs\n')
  t.same(asked.splice(0), [
    'GET /v1/platform/dead-letters?kind=event&limit=200',
    'GET /v1/platform/dead-letters?kind=event&limit=200&cursor=next',
  ])
})

t.test('replay says what came of each, and ends with 1 when one failed', async (t) => {
  t.same(await run(['replay', healed, poisoned]), {
    code: 1,
    out: `${healed}  replayed\n${poisoned}  failed  Error: planted\n`,
    err: '',
  })
  t.equal((await run(['replay', healed])).code, 0)
  asked.length = 0
})

t.test('discard wants a reason', async (t) => {
  t.match(await run(['discard', poisoned]), { code: 1, err: /--reason/ })
  t.same(asked.splice(0), [])
  t.equal((await run(['discard', poisoned, '--reason', 'known fault'])).code, 0)
  t.same(asked.splice(0), [`POST /v1/platform/dead-letters/${poisoned}/discard {"reason":"known fault"}`])
})

t.test('a refusal is said, and ends with 1', async (t) => {
  t.match(await run(['list'], 'wrong'), { code: 1, err: /401.*unauthenticated/ })
})
