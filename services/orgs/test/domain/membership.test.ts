/** What may happen to a membership, as tables; the last owner is guarded against every generated order of wishes. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { decideRemoval, decideUpdate, isSameAttributes, type Standing } from '../../src/domain/membership.ts'

const owner: Standing = { userId: 'user_owner', isOwner: true, attributes: {} }
const other: Standing = { userId: 'user_other', isOwner: true, attributes: {} }
const member: Standing = { userId: 'user_member', isOwner: false, attributes: { department: 'sales' } }

t.test('update', async (t) => {
  const update = (o: Partial<Parameters<typeof decideUpdate>[0]>) =>
    decideUpdate({ actor: owner, target: member, change: {}, ownerCount: 2, ...o })

  t.same(
    update({ target: undefined, change: { isOwner: true } }),
    { kind: 'not_found' },
    'a stranger is not found, whoever asks for what',
  )
  t.same(
    update({ actor: member, change: { isOwner: true } }),
    { kind: 'not_an_owner' },
    'a member cannot make themselves an owner',
  )
  t.same(
    update({ actor: undefined, change: { isOwner: true } }),
    { kind: 'not_an_owner' },
    'who no longer belongs gives nothing',
  )
  t.same(
    update({ actor: member, change: { isOwner: false } }),
    { kind: 'not_an_owner' },
    'naming ownership needs an owner even when nothing would change',
  )
  t.same(
    update({ target: owner, change: { isOwner: false }, ownerCount: 1 }),
    { kind: 'last_owner' },
    'the last owner stays one',
  )
  t.same(
    update({ target: owner, change: { isOwner: true, attributes: {} }, ownerCount: 1 }),
    { kind: 'unchanged' },
    'the same again is no change',
  )
  t.same(
    update({ change: { isOwner: true } }),
    { kind: 'changed', changed: ['is_owner'], attributes: { department: 'sales' }, isOwner: true },
    'an owner makes another one; attributes stay',
  )
  t.same(
    update({ actor: member, change: { attributes: {} } }),
    { kind: 'changed', changed: ['attributes'], attributes: {}, isOwner: false },
    'attributes are replaced, not merged; the permission for it is asked elsewhere',
  )
  t.same(
    update({ target: other, change: { isOwner: false, attributes: { level: 3 } } }),
    { kind: 'changed', changed: ['attributes', 'is_owner'], attributes: { level: 3 }, isOwner: false },
    'both at once',
  )
})

t.test('removal', async (t) => {
  const removal = (o: Partial<Parameters<typeof decideRemoval>[0]>) =>
    decideRemoval({ actor: owner, target: member, ownerCount: 2, ...o })

  t.same(removal({ target: undefined }), { kind: 'not_found' })
  t.same(removal({}), { kind: 'removed' })
  t.same(removal({ actor: member }), { kind: 'removed' }, 'one may leave')
  t.same(removal({ actor: member, target: other }), { kind: 'not_an_owner' }, 'no permission removes an owner')
  t.same(removal({ actor: undefined, target: other }), { kind: 'not_an_owner' })
  t.same(removal({ target: other }), { kind: 'removed' }, 'an owner removes another')
  t.same(removal({ target: owner, ownerCount: 1 }), { kind: 'last_owner' }, 'the last owner cannot leave')
})

t.test('no order of decisions leaves an organization without an owner', async (t) => {
  const people = ['a', 'b', 'c', 'd']
  const wish = fc.record({
    actor: fc.constantFrom(...people),
    target: fc.constantFrom(...people),
    what: fc.constantFrom('remove' as const, 'promote' as const, 'demote' as const),
  })
  const property = fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
    const standings = new Map<string, Standing>(
      people.map((userId, n) => [userId, { userId, isOwner: n < 2, attributes: {} }]),
    )
    const owners = () => [...standings.values()].filter((one) => one.isOwner).length
    for (const { actor, target, what } of wishes) {
      const state = { actor: standings.get(actor), target: standings.get(target), ownerCount: owners() }
      if (what === 'remove') {
        if (decideRemoval(state).kind === 'removed') standings.delete(target)
      } else {
        const decision = decideUpdate({ ...state, change: { isOwner: what === 'promote' } })
        if (decision.kind === 'changed')
          standings.set(target, { userId: target, isOwner: decision.isOwner, attributes: {} })
      }
      if (owners() < 1) return false
    }
    return true
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
})

t.test('attribute sets are the same by content', async (t) => {
  t.ok(isSameAttributes({ a: 1, b: ['x'] }, { b: ['x'], a: 1 }))
  t.notOk(isSameAttributes({ a: 1 }, { a: '1' }))
  t.notOk(isSameAttributes({ a: 1 }, { b: 1 }))
  t.notOk(isSameAttributes({ a: ['x', 'y'] }, { a: ['y', 'x'] }), 'the order within a list counts')
  t.notOk(isSameAttributes({}, { a: 1 }))
})
