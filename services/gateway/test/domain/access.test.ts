/** Who may pass, decided without any I/O. */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { decideAccess, type AccessQuestion } from '../../src/domain/access.ts'
import { claims, org, withoutOrg } from '../support/claims.ts'

t.test('who may pass: every kind of route with every kind of token', async (t) => {
  const question = (change: Partial<AccessQuestion>): AccessQuestion => ({
    auth: 'user',
    principalRefusal: undefined,
    orgInPath: undefined,
    claims,
    isVoid: false,
    isCurrent: true,
    ...change,
  })
  const person = { kind: 'allowed', as: 'principal' }
  const machine = {
    ...claims,
    sub: newId('svc'),
    sid: newId('apk'),
    mid: undefined,
    mv: undefined,
  } as unknown as AccessTokenClaims
  const anonymous = { kind: 'allowed', as: 'anonymous' }
  const refused = (code: string) => ({ kind: 'refused', code })
  const rows: [string, Partial<AccessQuestion>, object][] = [
    ['open, nobody', { auth: 'open', claims: undefined }, anonymous],
    ['open, a person', { auth: 'open' }, person],
    ['open, a void token: goes on without the person', { auth: 'open', isVoid: true }, anonymous],
    ['open, not current: goes on without the person', { auth: 'open', isCurrent: false }, anonymous],
    ['user, nobody', { claims: undefined }, refused('unauthenticated')],
    ['user, a person', {}, person],
    ['user, a person without organization', { claims: withoutOrg }, person],
    ['user, void', { isVoid: true }, refused('token_revoked')],
    ['user, void and not current: what is known is said', { isVoid: true, isCurrent: false }, refused('token_revoked')],
    ['user, not current', { isCurrent: false }, refused('not_current')],
    ['organization, nobody', { auth: 'organization', claims: undefined }, refused('unauthenticated')],
    ['organization, its own', { auth: 'organization', orgInPath: org }, person],
    ['organization, another', { auth: 'organization', orgInPath: newId('org') }, refused('not_found')],
    ['organization, no id at all', { auth: 'organization', orgInPath: 'x' }, refused('not_found')],
    [
      'organization in the path, none in the token',
      { auth: 'organization', orgInPath: org, claims: withoutOrg },
      refused('not_found'),
    ],
    [
      'organization, none in path or token',
      { auth: 'organization', claims: withoutOrg },
      refused('organization_required'),
    ],
    [
      'organization, not current: unknown before foreign',
      { auth: 'organization', orgInPath: newId('org'), isCurrent: false },
      refused('not_current'),
    ],
    [
      'for people, a service account',
      { principalRefusal: 'person_required', claims: machine },
      refused('person_required'),
    ],
    [
      'for people in an organization, a service account of it',
      { auth: 'organization', orgInPath: org, principalRefusal: 'person_required', claims: machine },
      refused('person_required'),
    ],
    [
      'for people in an organization, a service account of another',
      { auth: 'organization', orgInPath: newId('org'), principalRefusal: 'person_required', claims: machine },
      refused('not_found'),
    ],
    [
      'no question, an account of the platform',
      { auth: 'organization', principalRefusal: 'forbidden', claims: machine },
      refused('forbidden'),
    ],
    ['organization, a service account of it', { auth: 'organization', orgInPath: org, claims: machine }, person],
    ['internal, whoever', { auth: 'internal' }, refused('not_found')],
  ]
  for (const [name, change, expected] of rows) t.same(decideAccess(question(change)), expected, name)
})
