/**
 * What applications declare of people and organizations, what organizations store of them, and what decisions make of
 * it.
 */
import t from 'tap'
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'
import { accountToken, giveRoles, makeAccount } from '../fixtures/service-accounts.ts'

const reports: ApplicationManifest = {
  name: 'Reports',
  resource_types: [
    {
      key: 'report',
      attributes: { level: { type: 'number', provenance: ['caller'] } },
      actions: [{ name: 'read' }, { name: 'export' }, { name: 'share' }],
    },
  ],
  user_attributes: {
    clearance: { type: 'number', provenance: ['stored'] },
    trained: { type: 'boolean', provenance: ['caller', 'stored'] },
  },
  organization_attributes: { plan: { type: 'string', provenance: ['stored'] } },
  roles: [],
  policies: [
    {
      key: 'cleared',
      effect: 'allow',
      resource_type: 'report',
      actions: ['read'],
      when: 'resource.level <= user.clearance',
    },
    { key: 'trained', effect: 'allow', resource_type: 'report', actions: ['share'], when: 'user.trained' },
    {
      key: 'paid',
      effect: 'allow',
      resource_type: 'report',
      actions: ['export'],
      when: 'organization.plan in ["team", "enterprise"]',
    },
  ],
}

const platform = await openPlatform(t)
const replica = await platform.replica()
const administrator = await platform.administrator(replica)
const asAdministrator = (method: 'PUT', key: string, body: object): Promise<Answer> =>
  platform.ask(replica, { method, url: `/v1/authz/catalog/${key}`, token: platform.tokenOf(administrator), body })
const declared = await asAdministrator('PUT', 'reports', reports)
if (declared.status !== 200) throw new Error(JSON.stringify(declared.body))
const org = platform.organization()
const owner = platform.join(org, platform.person(), { isOwner: true })
const ann = platform.join(org, platform.person())
const other = platform.organization()
const outsider = platform.join(other, platform.person())

const store = (
  type: string,
  id: string,
  attributes: object,
  { by = owner, roles }: { by?: Member; roles?: string[] } = {},
): Promise<Answer> =>
  platform.ask(replica, {
    method: 'PUT',
    url: `/v1/authz/entities/${type}/${id}`,
    token: platform.tokenOf(by),
    body: { attributes, ...(roles && { roles }) },
  })
const may = async (
  member: Member,
  action: string,
  more: { properties?: object; context?: object; token?: string; subject?: object } = {},
): Promise<unknown> => {
  const { body } = await platform.evaluate(replica, member, { action, type: 'report', ...more } as Parameters<
    typeof platform.evaluate
  >[2])
  return body['decision'] ?? body['code']
}

t.test(
  'what an organization stores of a person counts there and nowhere else, from the next decision on',
  async (t) => {
    const read = () => may(ann, 'read', { properties: { level: 3 } })
    t.equal(await read(), false, 'nothing is known yet')
    for (const [clearance, decision] of [
      [3, true],
      [2, false],
      [9, true],
    ] as const) {
      t.equal((await store('user', ann.id, { clearance })).status, 200)
      t.equal(await read(), decision, `clearance ${clearance}`)
    }
    const elsewhere = platform.join(other, { id: ann.id })
    t.equal(await may(elsewhere, 'read', { properties: { level: 3 } }), false)
    const before = new Date().toISOString()
    t.equal(
      (
        await platform.ask(replica, {
          method: 'DELETE',
          url: `/v1/authz/entities/user/${ann.id}`,
          token: platform.tokenOf(owner),
        })
      ).status,
      204,
    )
    t.same(
      [await read(), await may(ann, 'read', { properties: { level: 3 }, context: { at: before } })],
      [false, true],
      'as of a moment, what was stored then',
    )
  },
)

t.test('what is stored of the organization counts for whoever asks in it', async (t) => {
  const account = makeAccount(platform, org.id)
  await giveRoles(platform, replica, { account, roles: ['evaluator'], by: owner })
  await store('user', 'somebody', {})
  const ask = async (subject: object) =>
    (
      await platform.ask(replica, {
        method: 'POST',
        url: '/access/v1/evaluation',
        token: accountToken(platform, account),
        body: { subject, action: { name: 'export' }, resource: { type: 'report', id: '1' } },
      })
    ).body['decision']
  const all = async () => [
    await may(ann, 'export'),
    await ask({ type: 'user', id: ann.id }),
    await ask({ type: 'service_account', id: account.id }),
    await ask({ type: 'user', id: 'somebody' }),
    await may(outsider, 'export'),
  ]
  t.same(await all(), [false, false, false, false, false])
  t.equal((await store('organization', org.id, { plan: 'team' })).status, 200)
  t.same(await all(), [true, true, true, true, false])
  t.equal((await store('organization', org.id, { plan: 'free' })).status, 200)
  t.same(await all(), [false, false, false, false, false])
})

t.test('a caller says what is theirs to say; of a subject in the directory its own attributes count', async (t) => {
  t.equal(await may(ann, 'share'), false)
  t.equal(await may(ann, 'share', { subject: { properties: { trained: true } } }), true)
  await store('user', ann.id, { trained: true })
  t.same(
    [await may(ann, 'share'), await may(ann, 'share', { subject: { properties: { trained: false } } })],
    [true, false],
    'the first in the order of provenance is believed',
  )
  t.equal(
    await may(ann, 'read', { subject: { properties: { clearance: 9 } }, properties: { level: 1 } }),
    'invalid_attribute',
  )
  const account = makeAccount(platform, org.id)
  await giveRoles(platform, replica, { account, roles: ['evaluator'], by: owner })
  await store('user', 'bea', { trained: true, clearance: 5 })
  const body = {
    subject: { type: 'user', id: 'bea' },
    action: { name: 'read' },
    resource: { type: 'report', id: '1', properties: { level: 4 } },
  }
  t.equal(
    (
      await platform.ask(replica, {
        method: 'POST',
        url: '/access/v1/evaluation',
        token: accountToken(platform, account),
        body,
      })
    ).body['decision'],
    true,
  )
  const found = await platform.ask(replica, {
    method: 'POST',
    url: '/access/v1/search/subject',
    token: accountToken(platform, account),
    body: { subject: { type: 'user' }, action: { name: 'share' }, resource: { type: 'report', id: '1' } },
  })
  t.same(
    found.body['results'],
    [owner.id, ann.id, 'bea'].map((id) => ({ type: 'user', id })),
    'each once; an owner may everything',
  )
})

t.test('400: what cannot be stored of a person or an organization, or declared of them', async (t) => {
  const complaints = async (answer: Promise<Answer>) => {
    const { status, body } = await answer
    return [status, (body['errors'] as { path: string }[] | undefined)?.map(({ path }) => path) ?? body['detail']]
  }
  t.same(await complaints(store('user', ann.id, { shoe: 43 })), [400, ['/attributes/shoe']])
  t.same(await complaints(store('user', ann.id, { clearance: '9' })), [400, ['/attributes/clearance']])
  t.same(await complaints(store('user', ann.id, {}, { roles: ['viewer'] })), [400, ['/roles']])
  t.match(await complaints(store('organization', other.id, { plan: 'team' })), [400, /of no other/])
  t.match(await complaints(store('service_account', newId('svc'), {})), [400, /known to the platform/])
  t.match(
    await complaints(store('user', 'user_bob', { trained: true })),
    [400, /not one of the platform/],
    'it would be decided about and never found',
  )
  const declare = (more: object) =>
    asAdministrator('PUT', 'more', {
      ...reports,
      resource_types: [{ key: 'thing', attributes: {}, actions: [{ name: 'see' }] }],
      policies: [],
      user_attributes: {},
      organization_attributes: {},
      ...more,
    })
  t.same(
    await complaints(declare({ organization_attributes: { seats: { type: 'number', provenance: ['caller'] } } })),
    [400, ['/organization_attributes/seats']],
  )
  t.same(
    await complaints(declare({ user_attributes: { email_verified: { type: 'boolean', provenance: ['stored'] } } })),
    [400, ['/user_attributes/email_verified']],
  )
  t.same(await complaints(declare({ user_attributes: { clearance: { type: 'string', provenance: ['stored'] } } })), [
    409,
    ['/user_attributes/clearance'],
  ])
  t.equal(
    (await declare({ user_attributes: { clearance: { type: 'number', provenance: ['stored'] } } })).status,
    200,
    'the same again is no conflict',
  )
})
