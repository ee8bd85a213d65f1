/** Slugs and the reading of a grant answer. */
import { Key } from '@gatehouse/contracts/common/ids'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { decideGrant } from '../../src/domain/invitation.ts'
import { slugFrom, slugWithSuffix } from '../../src/domain/slug.ts'

const key = Compile(Key)

t.test('a slug reads like the name it was made from', async (t) => {
  t.equal(slugFrom('Acme'), 'acme')
  t.equal(slugFrom('  Žluťoučký kůň & Co. '), 'zlutoucky-kun-co')
  t.equal(slugFrom('42 Steps'), 'org-42-steps', 'a slug begins with a letter')
  t.equal(slugFrom('株式会社'), 'org', 'a name without Latin letters gets a plain one')
  t.equal(slugFrom('a'.repeat(200)), 'a'.repeat(63))
  t.equal(slugWithSuffix('acme', '0f3a91'), 'acme-0f3a91')
})

t.test('whatever the name, the slug is a key of the contracts, with a suffix too', async (t) => {
  const property = fc.property(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.stringMatching(/^[0-9a-f]{6}$/),
    (name, suffix) => {
      const slug = slugFrom(name)
      return key.Check(slug) && key.Check(slugWithSuffix(slug, suffix))
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }))
})

t.test('an unknown role is the caller’s mistake before it is a question of rights', async (t) => {
  t.same(decideGrant(['viewer'], { unknown: [], refused: [] }), { kind: 'grantable' })
  t.same(decideGrant(['viewer', 'owner'], { unknown: [], refused: ['owner'] }), {
    kind: 'refused_roles',
    roles: ['owner'],
  })
  t.same(decideGrant(['viewer', 'nope', 'owner'], { unknown: ['nope'], refused: ['owner'] }), {
    kind: 'unknown_roles',
    errors: [{ path: '/roles/1', message: 'There is no such role' }],
  })
})
