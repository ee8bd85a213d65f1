/** What an asker is told of a reason. */
import t from 'tap'
import { refused } from '@gatehouse/policy/compile/decision'
import { outcomeText, outcomeView } from '../../src/domain/reason-view.ts'

const code = 'denied_for_missing_attribute'
const missing = (...names: string[]) => refused({ code, policy: 'p', scope: 'organization', missing: names })

t.test('what the asker could have stated is named, what others know is not', async (t) => {
  t.same(outcomeView(missing('resource.amount', 'membership.limit', 'action.mode', 'user.grade')), {
    reason: { code, policy: 'p', detail: 'missing: resource.amount, action.mode' },
  })
  t.same(outcomeView(missing('membership.limit')), { reason: { code, policy: 'p' } })
  t.same(outcomeView({ allowed: true, reason: { code: 'granted_by_policy', policy: 'p', scope: 'platform' } }), {
    reason: { code: 'granted_by_policy', policy: 'p' },
  })
  t.same(outcomeView({ allowed: true, reason: { code: 'granted_by_role', role: 'r' } }).reason, {
    code: 'granted_by_role',
    role: 'r',
  })
})

t.test('an obligation says how to lift the refusal', async (t) => {
  const denied = { code: 'denied_by_policy', policy: 'p', scope: 'organization' } as const
  const stepUp = { type: 'step_up', acr_values: ['aal2'], max_age: 0 } as const
  t.same(outcomeView(refused(denied, stepUp)).obligation, { type: 'step_up', acr_values: ['aal2'], max_age: 0 })
  t.same(outcomeView(refused(denied, { type: 'access_request' })).obligation, { type: 'access_request' })
})

t.test('the text is the view as JSON, the second time as well', async (t) => {
  for (const given of [missing('resource.a'), refused({ code: 'not_granted' })])
    for (let time = 0; time < 2; time += 1) t.same(JSON.parse(`{${outcomeText(given)}}`), outcomeView(given))
})
