import t from 'tap'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { asSeenBy, auditRecordOf, erasedBy, personalOwnerOf } from '../../src/domain/audit-record.ts'

const user = newId('user')
const admin = newId('user')
const org = newId('org')
const membership = newId('mem')

const removed: EventEnvelope = {
  specversion: '1.0',
  id: newId('evt'),
  source: '/gatehouse/orgs',
  type: 'gatehouse.orgs.membership.removed.v1',
  subject: membership,
  time: '2026-11-24T03:00:00.123456Z',
  datacontenttype: 'application/json',
  data: { membership_id: membership, user_id: user },
  position: 7,
  version: 2,
  epoch: 'e',
  correlationid: 'req_first',
  orgid: org,
  userid: user,
  actor: `user:${admin}`,
  requestid: 'req_this',
  clientaddress: '203.0.113.9',
  useragent: 'Firefox',
}

t.test('an event becomes who did what to what, where and for whom', async (t) => {
  t.same(auditRecordOf(removed), {
    id: typeIdOf('aud', uuidOf(removed.id)),
    occurredAt: '2026-11-24T03:00:00.123456Z',
    producer: 'orgs',
    action: 'membership.removed',
    actor: { type: 'user', id: admin },
    target: { type: 'membership', id: membership },
    orgId: org,
    userId: user,
    clientAddress: '203.0.113.9',
    userAgent: 'Firefox',
    requestId: 'req_this',
    correlationId: 'req_first',
    data: { membership_id: membership, user_id: user },
    outcome: 'success',
  })
})

t.test('it belongs to whom it concerns, else to who did it, else to nobody', async (t) => {
  const { userid: _gone, ...impersonal } = removed
  t.equal(auditRecordOf(impersonal).userId, admin)
  t.equal(auditRecordOf({ ...impersonal, actor: 'service:orgs' }).userId, null)
  t.same(auditRecordOf({ ...impersonal, actor: 'service:orgs' }).actor, { type: 'service', id: 'orgs' })
  t.same(auditRecordOf({ ...impersonal, actor: 'system' }).actor, { type: 'system', id: null })
})

t.test('an owner nobody could have is no owner, and the line is kept', async (t) => {
  const record = auditRecordOf({ ...removed, orgid: 'acme', userid: 'user_x', actor: 'user:nobody' })
  t.equal(record.orgId, null)
  t.equal(record.userId, null)
  t.equal(
    auditRecordOf({ ...removed, type: 'gatehouse.future.thing.happened.v3', subject: 'thing_1' }).target.type,
    'thing',
  )
})

t.test('a person sees where they were, and where a stranger was, not where their administrator was', async (t) => {
  const record = auditRecordOf(removed)
  t.match(asSeenBy(user, record), { clientAddress: null, userAgent: null, requestId: null, actor: { id: admin } })
  t.equal(asSeenBy(admin, record).clientAddress, '203.0.113.9')
  t.equal(asSeenBy(user, { ...record, actor: { type: 'system', id: null } }).clientAddress, '203.0.113.9')
})

t.test(
  'a sign-in that failed or was held up is a failure, what was not permitted is denied, all else is a success',
  async (t) => {
    const outcomeOf = (type: string) => auditRecordOf({ ...removed, type }).outcome
    for (const type of ['sign_in.failed', 'sign_in.locked', 'sign_in.refused_while_locked', 'sign_in_source.limited'])
      t.equal(outcomeOf(`gatehouse.identity.${type}.v1`), 'failure', type)
    t.equal(outcomeOf('gatehouse.authz.permission.denied.v1'), 'denied')
    for (const type of ['tokens.session.started', 'orgs.membership.removed', 'identity.user.registered'])
      t.equal(outcomeOf(`gatehouse.${type}.v1`), 'success', type)
  },
)

t.test(
  'whereabouts belong to the person who acted, a stranger’s to the person it concerns, a machine’s to nobody',
  async (t) => {
    const of = (actor: string) => personalOwnerOf(auditRecordOf({ ...removed, actor }))
    t.equal(of(`user:${admin}`), admin)
    for (const actor of ['system', 'service:tokens', 'user:nobody']) t.equal(of(actor), user, actor)
    t.equal(of(`service_account:${newId('svc')}`), null)
  },
)

t.test('a person is erased by identity’s word alone', async (t) => {
  const gone = (type: string, data: object = { user_id: user }) =>
    erasedBy(auditRecordOf({ ...removed, type, data: data as Record<string, unknown> }))
  t.equal(gone('gatehouse.identity.user.erased.v1'), user)
  t.equal(gone('gatehouse.identity.user.deleted.v1'), user)
  t.equal(gone('gatehouse.orgs.user.erased.v1'), null)
  t.equal(gone('gatehouse.identity.user.disabled.v1'), null)
  for (const data of [{}, { user_id: 7 }, { user_id: org }])
    t.equal(gone('gatehouse.identity.user.erased.v1', data), null)
})
