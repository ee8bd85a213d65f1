/** Whether an address may be invited, for every standing of its person and of its pending invitation. */
import t from 'tap'
import { decideInvitation } from '../../src/domain/invitation.ts'

const [early, late] = [new Date('2026-01-01'), new Date('2026-02-01')]
const active = { status: 'active', removedAt: null }

t.test('who belongs to the organization is not invited, whatever is pending', async (t) => {
  for (const pending of [undefined, { createdAt: early }])
    t.same(decideInvitation({ membership: active, pending }), { kind: 'already_member' })
})

t.test('an address has one pending invitation', async (t) => {
  t.same(decideInvitation({ membership: undefined, pending: { createdAt: early } }), { kind: 'pending' })
  t.same(decideInvitation({ membership: undefined, pending: undefined }), { kind: 'invite' })
})

t.test('an invitation from before the removal gives way, a later one does not', async (t) => {
  const removed = (removedAt: Date) => ({ status: 'removed', removedAt })
  t.same(decideInvitation({ membership: removed(late), pending: { createdAt: early } }), { kind: 'replace' })
  t.same(decideInvitation({ membership: removed(early), pending: { createdAt: late } }), { kind: 'pending' })
  t.same(decideInvitation({ membership: removed(late), pending: undefined }), { kind: 'invite' })
})
