/**
 * An organization requires a second factor: nobody enters, refreshes or switches into it with one, and whoever has two
 * does.
 */
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import t from 'tap'
import { claimsOf, openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, signIn, person, organizationOf } = platform
const challenge = { 'www-authenticate': /error="insufficient_user_authentication".*acr_values="aal2"/ }
const refused = { status: 401, body: { code: 'insufficient_user_authentication' }, headers: challenge }
const past = '2020-01-01T00:00:00.000Z'
const future = '2999-01-01T00:00:00.000Z'

let version = 1
async function demand(organizationId: string, from: string | null | undefined): Promise<void> {
  version += 1
  platform.orgs.announce(OrganizationUpdated, {
    subject: organizationId,
    version,
    data: {
      organization_id: organizationId,
      status: 'active',
      changed: [],
      ...(from !== undefined && { mfa_required_from: from }),
    },
  })
  await replica.deps.following.orgs.pollNow()
}

const start = (userId: string, body: { organization_id?: string | null; amr?: string[] }): Promise<Answer> =>
  ask(replica, {
    method: 'POST',
    url: '/internal/sessions',
    as: 'identity',
    body: { user_id: userId, client_id: 'gatehouse-web', amr: ['pwd'], user_version: 1, ...body },
  })
const raise = (session: string, body: object): Promise<Answer> =>
  ask(replica, { method: 'POST', url: `/internal/sessions/${session}/authentication`, as: 'identity', body })

t.test(
  'a sign-in: 401 with what is missing, named or as the only organization; 201 with a second factor',
  async (t) => {
    const { id } = person()
    const acme = organizationOf(id)
    await demand(acme.id, past)
    t.match(await start(id, { organization_id: acme.id }), refused)
    t.match(await start(id, {}), refused, 'their only organization')
    t.match(await start(id, { organization_id: null }), { status: 201, body: { organization: null } })
    const strong = await start(id, { organization_id: acme.id, amr: ['pwd', 'otp', 'mfa'] })
    t.match(strong, { status: 201, body: { organization: { id: acme.id } } })
    const other = organizationOf(id)
    await replica.deps.following.orgs.pollNow()
    t.equal((await start(id, { organization_id: other.id })).status, 201, 'one that requires nothing')
  },
)

t.test('a refresh: 401 and nothing is exchanged, until the session is raised', async (t) => {
  const { id } = person()
  const [acme, other] = [organizationOf(id), organizationOf(id)]
  const session = await signIn(replica, id, { organization_id: acme.id })
  await demand(acme.id, past)
  for (const organization of [undefined, acme.id])
    t.match(await platform.refresh(replica, session.refresh_token, organization), refused)
  const switched = await platform.refresh(replica, session.refresh_token, other.id)
  t.match(switched, { status: 200, body: { organization: { id: other.id } } }, 'the token is as good as before')
  const refreshToken = String(switched.body['refresh_token'])
  t.match(await platform.refresh(replica, refreshToken, acme.id), refused, 'a switch into it')
  const raised = await raise(session.session_id, { user_id: id, amr: ['otp', 'mfa'], organization_id: acme.id })
  t.match(raised, { status: 200, body: { organization: { id: acme.id } } })
  const entered = await platform.refresh(replica, refreshToken, acme.id)
  t.match(entered, { status: 200, body: { organization: { id: acme.id } } })
  t.match(claimsOf(entered.body['access_token']), { acr: 'aal2', org_id: acme.id })
})

t.test('a step-up by one factor does not lead into it', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const session = await signIn(replica, id, { organization_id: acme.id })
  await demand(acme.id, past)
  t.match(await raise(session.session_id, { user_id: id, amr: ['pwd'], organization_id: acme.id }), refused)
  const [row] = await platform.admin<
    { amr: string[] }[]
  >`select amr from sessions where last_organization_id is not null
    order by created_at desc limit 1`
  t.same(row?.amr, ['pwd'], 'nothing was raised')
})

t.test('a date: before it one factor is enough; another event about the organization changes nothing', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  await demand(acme.id, future)
  t.equal((await start(id, { organization_id: acme.id })).status, 201)
  await demand(acme.id, past)
  await demand(acme.id, undefined)
  t.match(await start(id, { organization_id: acme.id }), refused, 'a renamed organization requires what it did')
  await demand(acme.id, null)
  t.equal((await start(id, { organization_id: acme.id })).status, 201)
})

t.test('who belongs to several and never chose is in none of them, and asked for nothing', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  organizationOf(id)
  await demand(acme.id, past)
  t.match(await start(id, {}), { status: 201, body: { organization: null } })
})
