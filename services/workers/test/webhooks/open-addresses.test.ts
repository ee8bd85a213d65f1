/**
 * Where a call to the outside may go (S9): every range that is not the public Internet, in every form an address can be
 * written, and names that change.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LookupAddress } from 'node:dns'
import t from 'tap'
import { createOpenAddresses } from '@gatehouse/service-kit/outbound/open-addresses'
import { createWebhookSender } from '../../src/providers/webhook-sender.ts'

const isOpen = createOpenAddresses([])

t.test('addresses of the public Internet are open, and no others', async (t) => {
  for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450:4001::1', '::ffff:8.8.8.8'])
    t.ok(isOpen(address), address)
  const closed = [
    ...[
      '127.0.0.1',
      '127.255.255.254',
      '0.0.0.0',
      '0.1.2.3',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
    ],
    ...['169.254.169.254', '169.254.0.1', '100.64.0.1', '198.18.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1'],
    ...['192.0.0.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'fec0::1', 'ff02::1', '2001:db8::1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::127.0.0.1', '::a00:1'],
    ...['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '2002:7f00:1::', '2001:0:7f00:1::', '100::1'],
    ...['', 'localhost', '127.1', 'x'],
  ]
  for (const address of closed) t.notOk(isOpen(address), address)
})

t.test('a named network is open, and its neighbour is not', async (t) => {
  const named = createOpenAddresses(['127.0.0.0/8', 'fd12::/16'])
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', 'fd12::1']) t.ok(named(address), address)
  for (const address of ['::1', '10.0.0.1', 'fd13::1']) t.notOk(named(address), address)
  t.throws(() => createOpenAddresses(['127.0.0.1']))
})

async function receiver(answer: (server: { hits: number }) => { status: number; location?: string }) {
  const state = { hits: 0 }
  const server: Server = createServer((request, response) => {
    state.hits += 1
    const { status, location } = answer(state)
    request.resume().on('end', () => {
      response.writeHead(status, location === undefined ? {} : { location })
      response.end('x'.repeat(10_000))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return { state, port: (server.address() as AddressInfo).port }
}

const post = { headers: { 'content-type': 'application/json' }, body: '{}', signal: new AbortController().signal }

t.test('no spelling of a closed address is reached', async (t) => {
  const { state, port } = await receiver(() => ({ status: 204 }))
  const sender = createWebhookSender({ isOpen })
  t.teardown(() => sender.close())
  for (const host of [
    '127.0.0.1',
    'localhost',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
  ])
    t.match(
      await sender.send({ ...post, url: `http://${host}:${port}/` }),
      { kind: 'unreachable', reason: 'the address is not on the public Internet' },
      host,
    )
  t.equal(state.hits, 0)
})

t.test(
  'a name is checked with each connection, and the address that was checked is the one that is used',
  async (t) => {
    const { state, port } = await receiver(() => ({ status: 204 }))
    const answers: LookupAddress[][] = [
      [{ address: '10.0.0.1', family: 4 }],
      [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ],
      [{ address: '169.254.169.254', family: 4 }],
    ]
    let asked = 0
    const resolve = async () => answers[asked++] ?? []
    const sender = createWebhookSender({ isOpen: createOpenAddresses(['127.0.0.0/8']), resolve })
    t.teardown(() => sender.close())
    const send = () => sender.send({ ...post, url: `http://rebinding.example:${port}/hook` })
    t.match(await send(), { kind: 'unreachable', reason: /public Internet/ })
    t.match(await send(), { kind: 'answered', status: 204 }, 'the open one of two')
    t.equal(state.hits, 1)
    const again = createWebhookSender({ isOpen: createOpenAddresses(['127.0.0.0/8']), resolve })
    t.teardown(() => again.close())
    t.match(await again.send({ ...post, url: `http://rebinding.example:${port}/hook` }), { kind: 'unreachable' })
    t.equal(asked, 3, 'no connection without a look at the name')
  },
)

t.test('a redirect is an answer and not a way; an answer is kept as far as it is worth', async (t) => {
  const inside = await receiver(() => ({ status: 200 }))
  const outside = await receiver(() => ({ status: 302, location: `http://127.0.0.1:${inside.port}/` }))
  const sender = createWebhookSender({ isOpen: createOpenAddresses(['127.0.0.0/8']) })
  t.teardown(() => sender.close())
  const sent = await sender.send({ ...post, url: `http://127.0.0.1:${outside.port}/` })
  t.match(sent, { kind: 'answered', status: 302 })
  t.equal(sent.kind === 'answered' && sent.body.length, 4096)
  t.equal(inside.state.hits, 0)
  t.match(await sender.send({ ...post, url: 'http://127.0.0.1:1/' }), {
    kind: 'unreachable',
    reason: 'the connection was refused',
  })
})
