/** Answers that stay open, as a service behind the gateway gives them. */
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { defineRoute } from '@gatehouse/contracts/http/contract'
import { quietLog } from '@gatehouse/test-kit/log'
import { accessTokens, assertionHeader, assertionsOf, mintAccessToken } from '@gatehouse/test-kit/service-keys'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { bindRoute } from '../src/serve/bind-route.ts'
import { createServer } from '../src/serve/server.ts'

const News = defineRoute({
  operationId: 'listenToNews',
  service: 'orgs',
  method: 'GET',
  path: '/v1/news',
  auth: 'user',
  summary: 'A test route.',
  success: { status: 200, streams: ['text/event-stream'], description: 'Events.' },
})

t.test('the head leaves at once, events as they are written; who leaves and who closes ends it', async (t) => {
  const sources: Readable[] = []
  const app = createServer({
    service: 'orgs',
    log: quietLog,
    assertions: assertionsOf('orgs'),
    accessTokens: accessTokens(),
  })
  bindRoute(app, News, () => {
    const events = new Readable({ read: () => undefined })
    sources.push(events)
    return events
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const listen = async () => {
    const request = get({
      port,
      path: News.path,
      agent: false,
      headers: {
        authorization: assertionHeader('gateway', 'orgs', { method: 'GET', path: News.path }),
        'gatehouse-access-token': mintAccessToken(),
      },
    })
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      request.once('response', resolve).once('error', reject),
    )
    const heard = { text: '', hasEnded: false, answer, leave: () => request.destroy() }
    answer.setEncoding('utf8').on('data', (piece: string) => (heard.text += piece))
    answer.once('end', () => (heard.hasEnded = true)).on('error', () => undefined)
    return heard
  }

  const first = await listen()
  t.match([first.answer.statusCode, first.answer.headers['content-type']], [200, 'text/event-stream'])
  await waitUntil('the opening comment is there', () => first.text === ':\n\n')
  sources[0]?.push('data: one\n\n')
  await waitUntil('the event is there', () => first.text.endsWith('data: one\n\n'))
  first.leave()
  await waitUntil('nobody listens, and the source is told', () => sources[0]?.destroyed)

  const second = await listen()
  await app.close()
  await waitUntil('an answer ends as a whole when the server closes', () => second.hasEnded)
  t.ok(sources[1]?.destroyed)
})
