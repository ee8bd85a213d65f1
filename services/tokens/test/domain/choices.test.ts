/** Pure choices: which organization, which claims, which signing key. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { accessClaims } from '../../src/domain/access-claims.ts'
import { askOf, chooseAtLogin, chooseAtRefresh, type UsableMembership } from '../../src/domain/choose-organization.ts'
import { isPublished, type KeySpan, nextSigningKey, signingKeyOf } from '../../src/domain/signing-key-plan.ts'

const member = (organizationId: string): UsableMembership => ({
  requiresMfa: false,
  factorRoles: null,
  accessRules: null,
  membershipId: `mem_${organizationId}`,
  membershipVersion: 3,
  organizationId,
  organizationVersion: 7,
})
const a = member('org_a')
const b = member('org_b')

t.test('at refresh: the named one, else the last used, else none', async (t) => {
  const choose = (asked: string | null | undefined, last: string | undefined, found: UsableMembership | undefined) =>
    chooseAtRefresh({ ask: askOf(asked), lastOrganizationId: last, found })
  t.same(choose('org_a', undefined, a), { kind: 'chosen', membership: a })
  t.same(choose('org_a', 'org_b', undefined), { kind: 'not_a_member' })
  t.same(choose('org_a', 'org_b', b), { kind: 'not_a_member' }, 'another membership is no answer')
  t.same(choose(undefined, 'org_b', b), { kind: 'chosen', membership: b })
  t.same(choose(undefined, 'org_b', undefined), { kind: 'none', mayBeNews: true })
  t.same(choose(undefined, undefined, undefined), { kind: 'none', mayBeNews: false }, 'nobody chooses for them')
  t.same(choose(null, 'org_b', undefined), { kind: 'none', mayBeNews: false })
})

t.test('at sign-in: also the only one', async (t) => {
  const choose = (
    asked: string | null | undefined,
    last: string | undefined,
    found: UsableMembership | undefined,
    some: UsableMembership[],
  ) => chooseAtLogin({ ask: askOf(asked), lastOrganizationId: last, found, some })
  t.same(choose(undefined, undefined, undefined, [a]), { kind: 'chosen', membership: a })
  t.same(choose(undefined, undefined, undefined, [a, b]), { kind: 'none', mayBeNews: false }, 'two: they have to say')
  t.same(choose(undefined, undefined, undefined, []), { kind: 'none', mayBeNews: true })
  t.same(choose(undefined, 'org_b', b, []), { kind: 'chosen', membership: b })
  t.same(
    choose(undefined, 'org_gone', undefined, [a]),
    { kind: 'chosen', membership: a },
    'the last used is lost, one is left',
  )
  t.same(choose(null, undefined, undefined, [a]), { kind: 'none', mayBeNews: false })
  t.same(choose('org_b', undefined, undefined, [a]), { kind: 'not_a_member' })
})

t.test('claims carry the version of everything that can void the token, and no rights', async (t) => {
  const given = {
    issuer: 'https://gatehouse.test',
    tokenId: 'jti_1',
    now: new Date(1_700_000_000_900),
    ttlSeconds: 300,
    clientId: 'gatehouse-web',
    user: { id: 'user_1', version: 5 },
    session: { id: 'ses_1', version: 1, amr: ['pwd'], authTime: new Date(1_600_000_000_100), impersonatedBy: null },
  }
  const bare = accessClaims({ ...given, membership: undefined })
  t.match(bare, {
    sub: 'user_1',
    sid: 'ses_1',
    sv: 1,
    uv: 5,
    iat: 1_700_000_000,
    exp: 1_700_000_300,
    auth_time: 1_600_000_000,
    acr: 'aal1',
    aud: 'gatehouse',
  })
  t.notOk('org_id' in bare || 'mid' in bare || 'ov' in bare || 'mv' in bare)
  const inside = accessClaims({ ...given, membership: a, session: { ...given.session, amr: ['pwd', 'otp', 'mfa'] } })
  t.match(inside, { org_id: 'org_a', mid: 'mem_org_a', ov: 7, mv: 3, acr: 'aal2' })
  t.notOk('act' in inside)
  const acting = { ...given.session, impersonatedBy: 'user_2' }
  t.match(accessClaims({ ...given, membership: a, session: acting }), { sub: 'user_1', act: { sub: 'user_2' } })
  t.notOk('roles' in inside || 'permissions' in inside || 'scope' in inside)
})

const hour = 3_600_000
const span = (fromHour: number, signHours: number): KeySpan => ({
  publishFrom: new Date((fromHour - 24) * hour),
  signFrom: new Date(fromHour * hour),
  signUntil: new Date((fromHour + signHours) * hour),
  publishUntil: new Date((fromHour + signHours + 1) * hour),
  voidedAt: undefined,
})

t.test('a signing key is due at once when none signs, else a day ahead', async (t) => {
  const now = new Date(0)
  const first = nextSigningKey([], now)
  t.same(first?.signFrom, now)
  t.equal(nextSigningKey([span(-10, 1000)], now), undefined)
  t.same(nextSigningKey([span(-10, 34)], now)?.signFrom, new Date(24 * hour), 'the next begins where the last ends')
  t.equal(nextSigningKey([span(-10, 34), span(24, 1000)], now), undefined, 'made once')
  t.same(nextSigningKey([{ ...span(-10, 1000), voidedAt: now }], now)?.signFrom, now, 'a voided key signs nothing')
  t.same(
    nextSigningKey([{ ...span(-10, 34), voidedAt: now }, span(24, 1000)], now)?.signFrom,
    now,
    'a key of tomorrow does not help today',
  )
})

t.test(
  'with upkeep every hour there is always a signing key, and it is published long before and after it signs',
  async (t) => {
    fc.assert(
      fc.property(fc.array(fc.nat(24 * 200), { maxLength: 3 }), (voidAtHours) => {
        const keys: KeySpan[] = []
        for (let at = 0; at < 24 * 200; at += 1) {
          const now = new Date(at * hour)
          const current = signingKeyOf(keys, now)
          if (current && voidAtHours.includes(at)) current.voidedAt = now
          const due = nextSigningKey(keys, now)
          if (due) keys.push(due)
          const signing = signingKeyOf(keys, now)
          if (signing === undefined || !isPublished(signing, now)) return false
          if (keys.some((key) => key.voidedAt && isPublished(key, now))) return false
          // What was signed an hour ago, by a key nobody voided, still verifies.
          const before = signingKeyOf(keys, new Date(now.getTime() - hour / 2))
          if (before && !isPublished(before, now)) return false
        }
        return keys.length <= 5 + voidAtHours.length * 2
      }),
      { numRuns: 20 },
    )
    t.pass('200 days')
  },
)
