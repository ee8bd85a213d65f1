/** Whose address a request comes from, and whose budget it draws on. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { budgetKeyOf, createClientAddressReader } from '../../src/edge/client-address.ts'

t.test('X-Forwarded-For counts as far as the named proxies and no further', async (t) => {
  const none = createClientAddressReader([])
  t.equal(none('203.0.113.9', '10.0.0.1'), '203.0.113.9', 'nobody is believed unless named')
  t.equal(none('::ffff:203.0.113.9', undefined), '203.0.113.9')
  const read = createClientAddressReader(['10.0.0.0/8', '2001:db8::1'])
  t.equal(read('10.1.1.1', '198.51.100.7'), '198.51.100.7')
  t.equal(read('10.1.1.1', '1.1.1.1, 198.51.100.7'), '198.51.100.7', 'what the client itself wrote is to the left')
  t.equal(read('10.1.1.1', '198.51.100.7, 10.2.2.2'), '198.51.100.7', 'through two proxies')
  t.equal(read('203.0.113.9', '198.51.100.7'), '203.0.113.9', 'a stranger is not a proxy')
  t.equal(read('10.1.1.1', 'nonsense'), '10.1.1.1')
  t.equal(read('10.1.1.1', ''), '10.1.1.1')
  t.equal(read('2001:db8::1', '2001:db8::99'), '2001:db8::99')
  t.equal(read('10.1.1.1', '10.3.3.3, 10.2.2.2'), '10.3.3.3', 'all of them proxies: the one farthest away')
  for (const bad of ['localhost', '10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.0/x', '', '010.0.0.0/8', '10.0.0.0/'])
    t.throws(() => createClientAddressReader([bad]), { name: 'ConfigError' }, bad)
})

/**
 * One address as proxies write it: with the port of the connection, in brackets, in quotes, mapped into IPv6, in either
 * case.
 */
const spellingsOf4 = (address: string): string[] => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  const mapped = [
    `::ffff:${address}`,
    `::FFFF:${address}`,
    `::ffff:${hex}`,
    `0:0:0:0:0:ffff:${address}`,
    `0000:0000:0000:0000:0000:FFFF:${hex}`,
  ]
  return [
    address,
    `${address}:51234`,
    ...mapped,
    ...[...mapped, address].flatMap((one) => [`[${one}]`, `[${one}]:443`]),
  ]
}
const spellingsOf6 = (address: string): string[] =>
  [address, address.toUpperCase()].flatMap((one) => [
    one,
    `[${one}]`,
    `[${one}]:51234`,
    `[${one}%eth0]:1`,
    `${one}%eth0`,
  ])
const written = (text: string): string[] => [text, `"${text}"`, ` ${text}\t`]

t.test('every form in which proxies write an address is that address, at every place in the chain', async (t) => {
  const read = createClientAddressReader(['10.0.0.0/8', '::ffff:192.168.0.0/112', '2001:db8:aaaa::/48'])
  const clients: [string, string[]][] = [
    ['198.51.100.7', spellingsOf4('198.51.100.7')],
    ['2001:db8::7', ['2001:0db8:0:0:0:0:0:7', '2001:db8::0007', ...spellingsOf6('2001:db8::7')]],
  ]
  const proxies = [...spellingsOf4('10.2.2.2'), ...spellingsOf4('192.168.4.4'), ...spellingsOf6('2001:db8:aaaa::5')]
  let tried = 0
  const wrong: string[] = []
  for (const [expected, forms] of clients)
    for (const form of forms.flatMap(written))
      for (const proxy of [undefined, ...proxies.flatMap(written)])
        for (const peer of ['10.1.1.1', '::ffff:10.1.1.1', '2001:db8:aaaa::1']) {
          tried++
          const header = ['6.6.6.6:1', form, ...(proxy === undefined ? [] : [proxy])].join(',')
          const got = read(peer, header)
          if (got !== expected) wrong.push(`${peer} | ${header} | ${got}`)
        }
  t.comment(`${tried} chains`)
  t.same(wrong.slice(0, 10), [])
  t.ok(tried > 10_000)
})

t.test('what is no address ends the chain at the proxy that wrote it', async (t) => {
  const read = createClientAddressReader(['10.0.0.0/8'])
  for (const hop of [
    'unknown',
    '_hidden',
    '198.51.100.7:',
    '198.51.100.7:x',
    '198.51.100',
    '010.1.1.1',
    '0x7f.1',
    '1.2.3.4.5',
    '[]',
    '[1.2.3.4',
    '"',
    '999.1.1.1',
    ':::',
    '1',
    '[::1]x',
    '198.51.100.7:123456',
  ])
    t.equal(read('10.1.1.1', `198.51.100.9, ${hop}`), '10.1.1.1', hop)
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const address = read('10.1.1.1', text)
      return address === '10.1.1.1' || budgetKeyOf(address) !== ''
    }),
  )
})

t.test('a budget belongs to an IPv4 address or to an IPv6 /64', async (t) => {
  t.equal(budgetKeyOf('203.0.113.9'), '203.0.113.9')
  t.equal(budgetKeyOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  t.equal(budgetKeyOf('2001:0db8:0001:0002::9'), '2001:db8:1:2::/64')
  t.equal(budgetKeyOf('2001:db8::9'), budgetKeyOf('2001:db8::7'))
  t.equal(budgetKeyOf('::1'), '::/64')
  t.equal(budgetKeyOf(''), 'unknown', 'a connection that is gone already')
})
