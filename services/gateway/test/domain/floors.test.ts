/** Which tokens are void, and what events and snapshots say of it. */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import {
  countFloors,
  emptyFloors,
  floorOfRecord,
  floorsOfEvent,
  forgetOldFloors,
  isVoid,
  keepFloorsMs,
  raiseFloor,
  type Floor,
} from '../../src/domain/floors.ts'
import { claims, membership, org, session, user, withoutOrg } from '../support/claims.ts'

const voidedBy = (floors: Floor[], of: AccessTokenClaims = claims, kid = 'k1'): boolean => {
  const table = emptyFloors()
  for (const floor of floors) raiseFloor(table, floor, 0)
  return isVoid(table, of, kid)
}
const floor = (kind: Floor['kind'], id: string, minVersion = 0, ended = false): Floor => ({
  kind,
  id,
  minVersion,
  ended,
})

t.test('a token is void exactly when something it depends on has ended or is above its version', async (t) => {
  t.notOk(voidedBy([]))
  t.ok(voidedBy([floor('session', session, 0, true)]), 'its session ended')
  t.ok(voidedBy([floor('session', session, 4)]), 'its session moved on')
  t.notOk(voidedBy([floor('session', session, 3)]), 'a floor at its own version voids nothing')
  t.ok(voidedBy([floor('user', user, 6)]))
  t.notOk(voidedBy([floor('user', user, 5)]))
  t.ok(voidedBy([floor('organization', org, 8)]))
  t.ok(voidedBy([floor('membership', membership, 10)]))
  t.notOk(
    voidedBy([
      floor('membership', newId('mem'), 10),
      floor('session', newId('ses'), 0, true),
      floor('user', newId('user'), 9),
    ]),
    'others’ floors',
  )
  t.notOk(
    voidedBy([floor('organization', org, 8), floor('membership', membership, 10)], withoutOrg),
    'a token without organization does not depend on one',
  )
  t.ok(voidedBy([floor('kid', 'k1', 0, true)]), 'its key was voided')
  t.notOk(voidedBy([floor('kid', 'k2', 0, true)]))
})

t.test('floors only rise, in whatever order they arrive', async (t) => {
  t.ok(voidedBy([floor('user', user, 6), floor('user', user, 2)]))
  t.ok(voidedBy([floor('session', session, 0, true), floor('session', session, 1)]), 'ended stays ended')
})

t.test('events raise the floors they carry and no others', async (t) => {
  const event = (type: string, data: Record<string, unknown>) => floorsOfEvent({ type: `gatehouse.${type}`, data })
  t.same(event('tokens.session.ended.v1', { session_id: session, user_id: user, reason: 'logout', min_sv: 4 }), [
    floor('session', session, 4, true),
  ])
  t.same(event('identity.user.disabled.v1', { user_id: user, min_uv: 6 }), [floor('user', user, 6)])
  t.same(
    event('orgs.membership.removed.v1', { membership_id: membership, organization_id: org, user_id: user, min_mv: 10 }),
    [floor('membership', membership, 10)],
  )
  t.same(event('orgs.organization.updated.v1', { organization_id: org, status: 'suspended', changed: [], min_ov: 8 }), [
    floor('organization', org, 8),
  ])
  t.same(event('tokens.signing_key.voided.v1', { kid: 'k1' }), [floor('kid', 'k1', 0, true)])
  t.same(
    event('orgs.membership.updated.v1', {
      membership_id: membership,
      status: 'suspended',
      changed: ['status'],
      min_mv: 4,
    }),
    [floor('membership', membership, 4)],
  )
  t.same(
    event('orgs.membership.updated.v1', { membership_id: membership, changed: ['attributes'] }),
    [],
    'a changed attribute voids nothing',
  )
})

t.test('records of a snapshot become floors; unknown kinds are left out', async (t) => {
  t.same(
    floorOfRecord({ kind: 'session', id: session, ended: true, min_version: 4 }),
    floor('session', session, 4, true),
  )
  t.same(floorOfRecord({ kind: 'kid', id: 'k1', void: true }), floor('kid', 'k1', 0, true))
  t.equal(floorOfRecord({ kind: 'planet', id: 'x' }), undefined)
})

t.test('old floors are forgotten, voided keys never', async (t) => {
  const table = emptyFloors()
  raiseFloor(table, floor('session', session, 0, true), 0)
  raiseFloor(table, floor('kid', 'k1', 0, true), 0)
  raiseFloor(table, floor('user', user, 6), keepFloorsMs)
  forgetOldFloors(table, keepFloorsMs + 1)
  t.equal(countFloors(table), 2)
  t.ok(isVoid(table, withoutOrg, 'k1'))
})
