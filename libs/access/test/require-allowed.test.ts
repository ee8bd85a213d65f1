/** What a refused permission becomes. */
import t from 'tap'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { onlyDecision, requireAllowed, type PermissionDecision } from '../src/call/require-allowed.ts'

const stepUp = (more: object = {}) => ({ type: 'step_up', ...more })
const refusalOf = (decision: PermissionDecision, kind: 'user' | 'service_account' = 'user'): unknown[] => {
  try {
    requireAllowed(decision, { kind }, 'gatehouse:members.invite')
    return []
  } catch (err) {
    return isAppError(err) ? [err.code, err.challenge, err.detail] : [err]
  }
}

t.test('a refusal that a sign-in would lift is the challenge of RFC 9470, with what it asks for', async (t) => {
  const bearer = 'Bearer error="insufficient_user_authentication", error_description='
  const code = 'insufficient_user_authentication'
  t.same(refusalOf({ allowed: true, obligation: stepUp() }), [])
  t.same(refusalOf({ allowed: false }), ['forbidden', undefined, undefined])
  t.same(refusalOf({ allowed: false, obligation: stepUp({ acr_values: ['aal2', 'aal3'] }) }), [
    code,
    `${bearer}"A stronger sign-in is required", acr_values="aal2 aal3"`,
    'Sign in more strongly.',
  ])
  t.same(refusalOf({ allowed: false, obligation: stepUp({ max_age: 0 }) }), [
    code,
    `${bearer}"A more recent sign-in is required", max_age="0"`,
    'Sign in again.',
  ])
  t.same(refusalOf({ allowed: false, obligation: stepUp({ acr_values: ['aal2'], max_age: 300 }) }), [
    code,
    `${bearer}"A more recent and stronger sign-in is required", acr_values="aal2", max_age="300"`,
    'Sign in again and more strongly.',
  ])
  t.same(refusalOf({ allowed: false, obligation: stepUp() }), [
    code,
    `${bearer}"A stronger sign-in is required"`,
    'Sign in more strongly.',
  ])
  t.same(refusalOf({ allowed: false, obligation: { type: 'access_request' } }), [
    'forbidden',
    undefined,
    'Access may be asked for.',
  ])
  t.same(
    refusalOf({ allowed: false, obligation: stepUp({ max_age: 5 }) }, 'service_account'),
    ['forbidden', undefined, undefined],
    'a service account cannot sign in',
  )
})

t.test('only one clear yes is a yes', async (t) => {
  for (const decisions of [[], [false], [true, true]]) t.equal(onlyDecision({ decisions }).allowed, false)
  t.same(onlyDecision({ decisions: [true] }), { allowed: true, obligation: undefined })
  t.same(onlyDecision({ decisions: [false], obligations: [null] }), { allowed: false, obligation: undefined })
  t.same(onlyDecision({ decisions: [false], obligations: [stepUp({ max_age: 1 })] }), {
    allowed: false,
    obligation: stepUp({ max_age: 1 }),
  })
})
