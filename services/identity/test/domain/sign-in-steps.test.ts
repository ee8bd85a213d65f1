/** The transition table of a sign-in, over every state there is; and recovery codes as text. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { normalizeRecoveryCode, recoveryCodeOf } from '../../src/domain/recovery-code.ts'
import {
  amrAfter,
  hasSecondFactor,
  mayRemember,
  missingFactors,
  nextSteps,
  type SignInState,
  type Step,
} from '../../src/domain/sign-in/steps.ts'

const flags = [false, true]
/** Every combination of a few yes-or-no questions. */
const combinations = <K extends string>(names: readonly K[]): Record<K, boolean>[] =>
  names.reduce<Record<K, boolean>[]>(
    (all, name) => all.flatMap((one) => flags.map((flag) => ({ ...one, [name]: flag }))),
    [{} as Record<K, boolean>],
  )
const states: SignInState[] = combinations(['isAddressProven', 'requiresMfa', 'isRemembered']).flatMap((asked) =>
  combinations(['password', 'passkeys', 'totp', 'recoveryCodes']).flatMap((enrolled) =>
    (['sign_in', 'step_up'] as const).flatMap((purpose) =>
      [[], ['pwd'], ['pwd', 'otp', 'mfa'], ['pop', 'user', 'mfa']].map((amr) => ({
        ...asked,
        purpose,
        amr,
        enrolled,
        organization: { kind: 'unsaid' as const },
      })),
    ),
  ),
)
const afterPassword = (more: Partial<SignInState>): Step[] =>
  nextSteps({
    purpose: 'sign_in',
    isAddressProven: true,
    requiresMfa: false,
    isRemembered: false,
    amr: ['pwd'],
    enrolled: { password: true, passkeys: false, totp: false, recoveryCodes: false },
    organization: { kind: 'unsaid' },
    ...more,
  })

t.test('an unproven address waits for its proof and for nothing else, whatever was proven', async (t) => {
  for (const state of states.filter((one) => !one.isAddressProven)) t.same(nextSteps(state), ['verify_email'])
})

t.test('whoever has a second factor gets no session without one, but on a device that is remembered', async (t) => {
  for (const state of states.filter(({ purpose, enrolled }) => purpose === 'sign_in' && hasSecondFactor(enrolled))) {
    const isSpared = state.isRemembered && !state.requiresMfa && state.amr.length > 0
    const isDone = state.isAddressProven && (state.amr.includes('mfa') || isSpared)
    t.equal(nextSteps(state).length === 0, isDone, JSON.stringify(state))
  }
})

t.test('a remembered device changes nothing of a step-up, nor where a second factor is demanded', async (t) => {
  const strict = states.filter((one) => one.isRemembered && (one.purpose === 'step_up' || one.requiresMfa))
  for (const state of strict)
    t.same(nextSteps(state), nextSteps({ ...state, isRemembered: false }), JSON.stringify(state))
  for (const state of strict)
    for (const step of nextSteps(state)) t.notOk(mayRemember(state, step), JSON.stringify(state))
  t.notOk(
    states.some((state) => mayRemember(state, 'recovery_code')),
    'a recovery code stands for a lost factor',
  )
})

t.test('where one factor is not enough, a sign-in or a step-up ends only with two', async (t) => {
  for (const state of states.filter(({ requiresMfa }) => requiresMfa))
    if (state.enrolled.password || hasSecondFactor(state.enrolled))
      t.equal(nextSteps(state).length === 0, state.isAddressProven && state.amr.includes('mfa'), JSON.stringify(state))
})

t.test('a second factor is enrolled only by who has shown the first one', async (t) => {
  for (const state of states.filter((one) => one.purpose === 'step_up' && !one.amr.includes('pwd')))
    t.notOk(nextSteps(state).includes('enroll_mfa'), JSON.stringify(state))
})

t.test('recovery codes stand in for a second factor and are none', async (t) => {
  t.same(afterPassword({ enrolled: { password: true, passkeys: false, totp: false, recoveryCodes: true } }), [])
  t.same(afterPassword({ enrolled: { password: true, passkeys: false, totp: true, recoveryCodes: true } }), [
    'totp',
    'recovery_code',
  ])
  t.same(afterPassword({ enrolled: { password: true, passkeys: false, totp: true, recoveryCodes: false } }), ['totp'])
})

t.test('every answered step comes nearer to the end, from every state', async (t) => {
  for (const state of states.filter((one) => one.isAddressProven))
    for (const step of missingFactors(state)) {
      const after = { ...state, amr: amrAfter(step, state.amr) }
      const isDone = nextSteps(after).length === 0
      t.ok(isDone || nextSteps(after)[0] !== nextSteps(state)[0], `${step} in ${JSON.stringify(state)}`)
    }
})

t.test('an organization is chosen last, once, and by nobody who has more to prove', async (t) => {
  const org = 'org_1'
  for (const state of states) {
    const before = nextSteps(state)
    const undecided = nextSteps({ ...state, organization: { kind: 'choose', organizationId: undefined } })
    t.same(undecided, before.length === 0 ? ['select_organization'] : before, JSON.stringify(state))
    t.same(nextSteps({ ...state, organization: { kind: 'choose', organizationId: org } }), before)
    t.same(nextSteps({ ...state, organization: { kind: 'named', organizationId: org } }), before)
  }
})

t.test('a recovery code is read back however it is typed', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (bytes) => {
      const code = recoveryCodeOf(bytes)
      const typed = [code, code.toUpperCase(), code.replaceAll('-', ' '), ` ${code.replaceAll('-', '')}`]
      return (
        /^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/.test(code) &&
        typed.every((text) => normalizeRecoveryCode(text) === code.replaceAll('-', ''))
      )
    }),
  )
  t.equal(normalizeRecoveryCode('OOOO-IIII-LLLL-0000'), '0000111111110000', 'letters that look like digits are those')
  for (const bad of ['', '123456', 'uuuu-uuuu-uuuu-uuuu', '0000-0000-0000-000', '0000-0000-0000-00000'])
    t.equal(normalizeRecoveryCode(bad), undefined, bad)
  const all = new Set(Array.from({ length: 256 }, (_, n) => recoveryCodeOf(new Uint8Array(10).fill(n))))
  t.equal(all.size, 256)
})
