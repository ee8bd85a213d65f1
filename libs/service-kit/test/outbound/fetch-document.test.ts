/** A document of the web is read within bounds, from open addresses alone, and every other answer is told in words. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createDocumentFetcher } from '@gatehouse/service-kit/outbound/fetch-document'
import { createOpenAddresses } from '@gatehouse/service-kit/outbound/open-addresses'

const json = { 'content-type': 'application/json' }
const answers: Record<string, (response: ServerResponse) => void> = {
  '/good': (response) => response.writeHead(200, { ...json, 'cache-control': 'public, max-age=7' }).end('{"a":1}'),
  '/silent': (response) => response.writeHead(200, json).end('{}'),
  '/no-store': (response) => response.writeHead(200, { ...json, 'cache-control': 'no-store' }).end('{}'),
  '/suffix': (response) => response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end('{}'),
  '/moved': (response) => response.writeHead(302, { location: '/good' }).end(),
  '/missing': (response) => response.writeHead(404, json).end('{}'),
  '/html': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('{}'),
  '/broken': (response) => response.writeHead(200, json).end('{'),
  '/large': (response) => response.writeHead(200, json).end(`"${'x'.repeat(2_000)}"`),
  '/endless': (response) => {
    response.writeHead(200, json)
    const timer = setInterval(() => response.write(' '), 200)
    response.once('close', () => clearInterval(timer))
  },
}
let met = 0
const server = createServer((request, response) => {
  met += 1
  answers[request.url ?? '']?.(response)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const at = (path: string, host = '127.0.0.1') => `http://${host}:${port}${path}`
const open = createDocumentFetcher({ isOpen: createOpenAddresses(['127.0.0.0/8']), mostBytes: 1_000 })
t.teardown(async () => {
  await open.close()
  server.closeAllConnections()
  server.close()
})

t.test('a document comes with what it says of its freshness', async (t) => {
  t.same(await open.fetch(at('/good')), { kind: 'fetched', json: { a: 1 }, freshSeconds: 7 })
  t.match(await open.fetch(at('/silent')), { kind: 'fetched', freshSeconds: undefined })
  t.match(await open.fetch(at('/no-store')), { kind: 'fetched', freshSeconds: 0 })
  t.match(await open.fetch(at('/suffix')), { kind: 'fetched' })
})

t.test('every other answer is refused with its reason, and a redirect is not followed', async (t) => {
  const before = met
  for (const [path, reason] of [
    ['/moved', /302/],
    ['/missing', /404/],
    ['/html', /no JSON/],
    ['/broken', /no JSON/],
    ['/large', /more than 1000 bytes/],
    ['/endless', /no answer in time/],
  ] as const)
    t.match(await open.fetch(at(path)), { kind: 'failed', reason }, path)
  t.equal(met - before, 6)
})

t.test('closed addresses are not reached, by number or by a name that changes what it stands for', async (t) => {
  const before = met
  const closed = createDocumentFetcher({ isOpen: createOpenAddresses([]), mostBytes: 1_000 })
  t.match(await closed.fetch(at('/good')), { kind: 'failed', reason: /public Internet/ })
  t.match(await closed.fetch('http://[::1]/'), { kind: 'failed', reason: /public Internet/ })
  const rebound = createDocumentFetcher({
    isOpen: createOpenAddresses([]),
    mostBytes: 1_000,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  })
  t.match(await rebound.fetch(at('/good', 'documents.example')), { kind: 'failed', reason: /public Internet/ })
  t.equal(met, before)
  await Promise.all([closed.close(), rebound.close()])
})
