/** `/v1/organizations/:org/settings`, by status code: the rule about second factors, its event and its floor. */
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig, type Answer } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const owner = rig.person()
const future = '2999-01-01T00:00:00.000Z'

async function organization() {
  const { id: org } = await rig.organization(owner)
  const path = `/v1/organizations/${org}/settings`
  return {
    org,
    read: () => send('GET', path, { by: owner, org }),
    /** As whoever signed in with a second factor. */
    change: (mfa: object, more: { ifMatch?: unknown; acr?: string } = {}): Promise<Answer> =>
      send('PATCH', path, {
        by: owner,
        org,
        acr: more.acr ?? 'aal2',
        body: { mfa },
        ...(more.ifMatch !== undefined && { headers: { 'if-match': String(more.ifMatch) } }),
      }),
    announced: async () => (await rig.events.listOf(OrganizationUpdated)).filter(({ subject }) => subject === org),
  }
}

t.test('200: nothing is required of a new organization; a change is answered, announced and read', async (t) => {
  const { read, change, announced } = await organization()
  const before = await read()
  t.match(before, { status: 200, body: { mfa: { mode: 'off', required_from: null } }, headers: { etag: '"1"' } })
  const changed = await change({ mode: 'required', required_from: future })
  t.match(changed, {
    status: 200,
    body: { mfa: { mode: 'required', required_from: future } },
    headers: { etag: '"2"' },
  })
  t.same((await read()).body, changed.body)
  const [event] = await announced()
  t.match(event, { version: 2, data: { status: 'active', changed: ['settings.mfa'], mfa_required_from: future } })
  t.notOk('min_ov' in (event?.data ?? {}), 'nothing ends before the date')
})

t.test('200: required from now on: every access token for the organization is void, once', async (t) => {
  const { change, announced } = await organization()
  t.match(await change({ mode: 'required' }), { status: 200, body: { mfa: { mode: 'required' } } })
  t.match(await change({ mode: 'required', required_from: '2020-01-01T00:00:00Z' }), { status: 200 })
  t.match(await change({ mode: 'optional' }), { body: { mfa: { mode: 'optional', required_from: null } } })
  t.match(await change({ mode: 'optional' }), { status: 200 })
  const events = await announced()
  t.same(
    events.map(({ data }) => (data as { min_ov?: number }).min_ov),
    [2, undefined, undefined],
    'and what is so already is announced to nobody',
  )
  t.equal((events.at(-1)?.data as OrganizationUpdated).mfa_required_from, null)
})

t.test('412: an old version; of many changes of one version one is made', async (t) => {
  const { change, read } = await organization()
  const ifMatch = (await read()).headers['etag']
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      change({ mode: 'required', required_from: `29${10 + n}-01-01T00:00:00Z` }, { ifMatch }),
    ),
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.match(
    answers.find(({ status }) => status !== 200),
    { status: 412, body: { code: 'precondition_failed' } },
  )
  t.equal((await change({ mode: 'off' }, { ifMatch: '"1"' })).status, 412)
  t.equal((await read()).headers['etag'], '"2"')
})

t.test('401: whoever requires of others what they have not; it may be taken back with one factor', async (t) => {
  const { change, read } = await organization()
  const refused = await change({ mode: 'required', required_from: future }, { acr: 'aal1' })
  t.match(refused, { status: 401, body: { code: 'insufficient_user_authentication' } })
  t.match(refused.headers['www-authenticate'], /acr_values="aal2"/)
  t.match((await read()).body, { mfa: { mode: 'off' } })
  t.equal((await change({ mode: 'optional' }, { acr: 'aal1' })).status, 200)
})

t.test('400: what is no rule', async (t) => {
  const { change } = await organization()
  for (const mfa of [
    {},
    { mode: 'maybe' },
    { mode: 'off', required_from: future },
    { mode: 'required', required_from: 'soon' },
    { mode: 'required', required_from: null },
    { mode: 'required', more: 1 },
  ])
    t.equal((await change(mfa)).status, 400, JSON.stringify(mfa))
})

t.test('403, and 404 for another organization', async (t) => {
  const { org, read, change } = await organization()
  const other = await organization()
  const elsewhere = `/v1/organizations/${other.org}/settings`
  t.equal((await send('GET', elsewhere, { by: owner, org })).status, 404)
  t.equal((await send('PATCH', elsewhere, { by: owner, org, body: { mfa: { mode: 'off' } } })).status, 404)
  t.equal((await send('GET', elsewhere, { by: owner, org: newId('org') })).status, 404)
  world.denied.add('gatehouse:settings.read').add('gatehouse:settings.write')
  t.equal((await read()).status, 403)
  t.equal((await change({ mode: 'off' })).status, 403)
  world.denied.clear()
})
