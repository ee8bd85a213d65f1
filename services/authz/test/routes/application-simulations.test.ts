/**
 * A manifest that is not in force, tried on what organizations were answered: each by its own rules, by status code,
 * and for platform administrators alone.
 */
import t from 'tap'
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import { openPlatform, type Answer, type Member, type Person } from '../fixtures/platform.ts'

const loans = (more: Partial<ApplicationManifest> = {}): ApplicationManifest => ({
  name: 'Loans',
  resource_types: [
    {
      key: 'loan',
      attributes: { sum: { type: 'number', provenance: ['caller'] } },
      actions: [{ name: 'grant' }, { name: 'see' }],
    },
  ],
  roles: [{ key: 'loan-clerk', name: 'Sees', permissions: ['loan:see'] }],
  policies: [
    {
      key: 'small-ones',
      effect: 'allow',
      resource_type: 'loan',
      actions: ['grant'],
      roles: ['loan-clerk'],
      when: 'resource.sum < 10',
    },
  ],
  ...more,
})

const platform = await openPlatform(t)
const replica = await platform.replica({ sampleRate: 1 })
const administrator = await platform.administrator(replica)
const asAdministrator = (method: 'PUT' | 'POST' | 'GET', path: string, body?: unknown): Promise<Answer> =>
  platform.ask(replica, {
    method,
    url: `/v1/authz/catalog/${path}`,
    token: platform.tokenOf(administrator),
    ...(body === undefined ? {} : { body }),
  })
const mustBe = (expected: number, { status, body }: Answer): void => {
  if (status !== expected) throw new Error(JSON.stringify(body))
}
mustBe(200, await asAdministrator('PUT', 'loans', loans()))

const organizations = Array.from({ length: 3 }, () => platform.organization())
const clerks = organizations.map((org) => platform.join(org, platform.person(), { roles: ['loan-clerk'] }))
const owners = organizations.map((org) => platform.join(org, platform.person(), { isOwner: true }))
const ask = (member: Member, sum: number, action = 'grant') =>
  platform.askAtOnce(replica, {
    method: 'POST',
    url: '/access/v1/evaluation',
    token: platform.tokenOf(member),
    body: {
      subject: { type: 'user', id: member.id },
      action: { name: action },
      resource: { type: 'loan', id: '1', properties: { sum } },
    },
  })
const simulate = (
  manifest: unknown,
  { by = administrator as Person | Member, ...more }: { by?: Person | Member; limit?: number; until?: string } = {},
): Promise<Answer> =>
  platform.ask(replica, {
    method: 'POST',
    url: '/v1/authz/catalog/loans/simulations',
    token: platform.tokenOf(by),
    body: { manifest, ...more },
  })

const [first, second, third] = owners as [Member, Member, Member]
// One of them refuses large loans whatever the application says.
const refusal = {
  key: 'never-large',
  effect: 'deny',
  resource_type: 'loan',
  actions: ['grant'],
  when: 'resource.sum >= 50',
}
mustBe(
  201,
  await platform.ask(replica, {
    method: 'POST',
    url: `/v1/organizations/${second.orgId}/policies`,
    token: platform.tokenOf(second),
    body: refusal,
  }),
)
for (const clerk of clerks) for (const sum of [5, 20, 80]) await ask(clerk, sum)
await ask(clerks[2] as Member, 1, 'see')
await replica.deps.decisions.flush()

t.test('200: what would turn round in each organization, and nothing is changed by asking', async (t) => {
  const larger = loans({
    policies: [
      {
        key: 'small-ones',
        effect: 'allow',
        resource_type: 'loan',
        actions: ['grant'],
        roles: ['loan-clerk'],
        when: 'resource.sum < 100',
      },
    ],
  })
  const { status, body } = await simulate(larger)
  t.equal(status, 200)
  t.match(body, {
    application: 'loans',
    replayed: 10,
    not_replayable: 0,
    newly_allowed: 5,
    newly_denied: 0,
    by_role: [{ role: 'loan-clerk', newly_allowed: 5 }],
    by_permission: [{ permission: 'loan:grant', newly_allowed: 5 }],
  })
  t.same(
    new Map(
      (body['by_organization'] as { organization_id: string; newly_allowed: number }[]).map((one) => [
        one.organization_id,
        one.newly_allowed,
      ]),
    ),
    new Map([
      [first.orgId, 2],
      [second.orgId, 1],
      [third.orgId, 2],
    ]),
  )
  t.equal((body['examples'] as unknown[]).length, 5)
  t.match(body['examples'], [
    {
      organization_id: third.orgId,
      action: 'grant',
      before: { decision: false },
      after: { decision: true, reason: { policy: 'small-ones' } },
    },
  ])
  t.match((await asAdministrator('GET', 'loans')).body['policies'], [{ when: 'resource.sum < 10' }])
})

t.test('200: policies that go, roles that lose a permission, a type that goes, and what is asked for', async (t) => {
  t.match((await simulate(loans({ policies: [] }))).body, {
    replayed: 10,
    newly_allowed: 0,
    newly_denied: 3,
    by_permission: [{ permission: 'loan:grant', newly_denied: 3 }],
  })
  t.match((await simulate(loans({ roles: [{ key: 'loan-clerk', name: 'Sees nothing', permissions: [] }] }))).body, {
    newly_allowed: 0,
    newly_denied: 1,
    by_permission: [{ permission: 'loan:see', newly_denied: 1 }],
  })
  const other = {
    ...loans(),
    resource_types: [{ key: 'credit', attributes: {}, actions: [{ name: 'see' }] }],
    roles: [],
    policies: [],
  }
  t.match((await simulate(other)).body, { replayed: 10, newly_denied: 4 })
  t.match((await simulate(loans())).body, {
    replayed: 10,
    newly_allowed: 0,
    newly_denied: 0,
    by_organization: [],
    examples: [],
  })
  t.match((await simulate(other, { limit: 2 })).body, { replayed: 2 })
  t.match((await simulate(other, { until: '2020-01-01T00:00:00Z' })).body, { replayed: 0 })
})

t.test('400, 403, 409: what cannot be simulated, and who cannot', async (t) => {
  t.equal((await simulate(loans(), { by: first })).status, 403, 'an organization’s owner is nobody here')
  t.equal(
    (
      await platform.ask(replica, {
        method: 'POST',
        url: '/v1/authz/catalog/loans/simulations',
        body: { manifest: loans() },
      })
    ).status,
    401,
  )
  t.match(
    (
      await simulate(
        loans({
          policies: [
            { key: 'broken', effect: 'allow', resource_type: 'loan', actions: ['grant'], when: 'resource.moon == 1' },
          ],
        }),
      )
    ).body,
    { status: 400, code: 'invalid_policy' },
  )
  t.match((await simulate(loans({ roles: [{ key: 'viewer', name: 'V', permissions: [] }] }))).body, {
    status: 409,
    code: 'conflict',
  })
  t.match((await simulate({})).body, { status: 400, code: 'validation_failed' })
})
