/** The resolver against a server of its own: what is an answer, and what is none. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { createTxtResolver } from '../../src/clients/dns.ts'

const codes = { found: 0, empty: 0, 'no-such-name': 3, broken: 2, refused: 5 } as const

/** The first label of a name says how it is answered (RFC 1035 §4.1); `silent` is not. */
const server = createSocket('udp4')
server.on('message', (query, { port, address }) => {
  const label = query.subarray(13, 13 + (query[12] ?? 0)).toString()
  if (!(label in codes)) return
  const question = query.subarray(12, query.indexOf(0, 12) + 5)
  const isFound = label === 'found'
  const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80 | codes[label as keyof typeof codes]])
  const counts = Buffer.from([0, 1, 0, isFound ? 1 : 0, 0, 0, 0, 0])
  const text = Buffer.concat(['one ', 'two'].map((piece) => Buffer.from([piece.length, ...Buffer.from(piece)])))
  const answer = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.length, ...text])
  server.send(Buffer.concat([head, counts, question, ...(isFound ? [answer] : [])]), port, address)
})
server.bind(0, '127.0.0.1')
await once(server, 'listening')
t.teardown(() => void server.close())
const resolveTxt = createTxtResolver({ servers: [`127.0.0.1:${server.address().port}`] })

t.test('records are read in their pieces; no name and no record are none; everything else is no answer', async (t) => {
  t.same(await resolveTxt('found.example'), { kind: 'records', records: [['one ', 'two']] })
  t.same(await resolveTxt('empty.example'), { kind: 'none' })
  t.same(await resolveTxt('no-such-name.example'), { kind: 'none' })
  for (const name of ['broken', 'refused', 'silent'])
    t.same(await resolveTxt(`${name}.example`), { kind: 'unanswered' }, name)
})
