/** Ranges in CIDR notation: which are accepted, and which addresses lie in them. */
import { isAddressRange, isInRanges } from '@gatehouse/service-kit/text/address-range'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'

t.test('a range is written one way; bits below the mask, zones and mapped addresses are refused', async (t) => {
  for (const range of ['10.0.0.0/8', '203.0.113.7/32', '0.0.0.0/0', '2001:db8::/32', '::1/128', '::/0', 'FE80::/10'])
    t.ok(isAddressRange(range), range)
  for (const range of [
    '10.0.0.1/8',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0/8',
    '010.0.0.0/8',
    '2001:db8::1/32',
    '2001:db8::/129',
    'fe80::%eth0/10',
    '::ffff:10.0.0.0/104',
    '/8',
    '',
    'example.test/8',
  ])
    t.notOk(isAddressRange(range), range)
})

t.test('an address lies in a range of its own family; mapped into IPv6 it stays what it is', async (t) => {
  const ranges = ['203.0.113.0/24', '2001:db8::/32']
  for (const address of ['203.0.113.0', '203.0.113.255', '::ffff:203.0.113.9', '2001:DB8:1::7'])
    t.ok(isInRanges(address, ranges), address)
  for (const address of ['203.0.114.0', '2001:db9::', 'localhost', '', undefined])
    t.notOk(isInRanges(address, ranges), String(address))
  t.notOk(isInRanges('203.0.113.9', ['::/0']), 'not in one of the other family')
})

t.test('an IPv4 address lies in the range of its own bits, and in none whose bits differ', async () => {
  const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
  fc.assert(
    fc.property(fc.nat({ max: 0xffffffff }), fc.integer({ min: 1, max: 32 }), (address, bits) => {
      const mask = (0xffffffff << (32 - bits)) >>> 0
      const base = (address & mask) >>> 0
      const other = (base ^ (1 << (32 - bits))) >>> 0
      return (
        isAddressRange(`${dotted(base)}/${bits}`) &&
        isInRanges(dotted(address), [`${dotted(base)}/${bits}`]) &&
        !isInRanges(dotted(address), [`${dotted(other)}/${bits}`])
      )
    }),
  )
})
