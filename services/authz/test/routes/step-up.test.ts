/**
 * An administrative refusal that a sign-in would lift says so (RFC 9470), here and to the services that ask; asking for
 * access is a hint, and nothing else changes.
 */
import t from 'tap'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const admin = platform.join(org, platform.person(), { roles: ['admin'] })
const viewer = platform.join(org, platform.person(), { roles: ['viewer'] })
const base = `/v1/organizations/${org.id}`

const deny = (key: string, more: object): Promise<Answer> =>
  platform.ask(replica, {
    method: 'POST',
    url: `${base}/policies`,
    token: platform.tokenOf(owner),
    body: { key, effect: 'deny', resource_type: 'gatehouse', ...more },
  })
const nowSeconds = Math.floor(Date.now() / 1000)
const signedIn = {
  long: { auth_time: nowSeconds - 600 },
  justNow: { auth_time: nowSeconds },
  strongly: { auth_time: nowSeconds, acr: 'aal2' },
}

let made = 0
const createRole = (by: Member, how: Record<string, unknown>): Promise<Answer> =>
  platform.ask(replica, {
    method: 'POST',
    url: `${base}/roles`,
    token: platform.tokenOf(by, how),
    body: { key: `r${(made += 1)}`, name: 'R', permissions: [] },
  })
const check = async (by: Member, how: Record<string, unknown>, permissions: string[]): Promise<unknown> =>
  (
    await platform.ask(replica, {
      method: 'POST',
      url: '/internal/permissions/check',
      as: 'orgs',
      token: platform.tokenOf(by, how),
      body: { scope: 'organization', permissions },
    })
  ).body

t.test(
  '401 with a challenge until they have signed in as it says, and then the same request is answered',
  async (t) => {
    t.equal(
      (
        await deny('fresh', {
          actions: ['roles.write'],
          when: 'request.time - request.auth_time > duration("5m")',
          obligation: { type: 'step_up', max_age: 300 },
        })
      ).status,
      201,
    )
    t.equal(
      (
        await deny('strong', {
          actions: ['roles.write'],
          when: '!(request.acr == "aal2")',
          obligation: { type: 'step_up', acr_values: ['aal2'] },
        })
      ).status,
      201,
    )
    const challenges: unknown[] = []
    for (const how of [signedIn.long, signedIn.justNow, signedIn.strongly]) {
      const { status, body, headers } = await createRole(admin, how)
      challenges.push([status, body['code'], headers['www-authenticate']])
    }
    const challenge = (rest: string) => [
      401,
      'insufficient_user_authentication',
      `Bearer error="insufficient_user_authentication", error_description=${rest}`,
    ]
    t.same(challenges, [
      challenge('"A more recent sign-in is required", max_age="300"'),
      challenge('"A stronger sign-in is required", acr_values="aal2"'),
      [201, undefined, undefined],
    ])
    t.match(
      await createRole(viewer, signedIn.long),
      { status: 403, body: { code: 'forbidden' } },
      'who lacks the right is told nothing of a sign-in',
    )
    t.equal((await createRole(owner, signedIn.long)).status, 201, 'an owner can always repair')
  },
)

t.test('services that ask hear of it beside the decision, and only where there is something to hear', async (t) => {
  t.equal(
    (await deny('ask', { actions: ['members.invite'], when: 'true', obligation: { type: 'access_request' } })).status,
    201,
  )
  t.same(await check(admin, signedIn.strongly, ['gatehouse:members.read', 'gatehouse:roles.write']), {
    decisions: [true, true],
  })
  t.same(
    await check(admin, signedIn.long, ['gatehouse:members.read', 'gatehouse:roles.write', 'gatehouse:members.invite']),
    {
      decisions: [true, false, false],
      obligations: [null, { type: 'step_up', max_age: 300 }, { type: 'access_request' }],
    },
  )
  t.same(await check(viewer, signedIn.long, ['gatehouse:roles.write']), { decisions: [false] })
})

t.test('400 for a level that could leave the header it is to stand in', async (t) => {
  for (const acr of ['a"b', 'a b', 'a\\b', 'ä', 'a\nb']) {
    const { status, body } = await deny('bad', {
      actions: ['roles.write'],
      when: 'true',
      obligation: { type: 'step_up', acr_values: [acr] },
    })
    t.same([status, body['code']], [400, 'validation_failed'], JSON.stringify(acr))
  }
})
