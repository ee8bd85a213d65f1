/**
 * What the routes that decide refuse, one by one: who acts for no organization, who asks about others, what is no
 * attribute or cursor, and what this replica cannot know yet. None of it is ever a denial.
 */
import { systemClock } from '@gatehouse/service-kit/context/clock'
import t from 'tap'
import { openPlatform, type Answer } from '../fixtures/platform.ts'

let ahead = 0
const clock = { now: systemClock.now, monotonicMs: () => systemClock.monotonicMs() + ahead }
const platform = await openPlatform(t)
const replica = await platform.replica({ clock })
const { org, owner } = await platform.withInvoices(replica)
const member = platform.join(org, platform.person(), { roles: ['invoice-reader'] })
await Promise.all(Object.values(replica.deps.following).map((one) => one.pollNow()))

const subject = { type: 'user', id: owner.id }
const action = { name: 'read' }
const resource = { type: 'invoice', id: '7' }
const one = { subject, action, resource }

/** A question of each route that is answered as it stands. */
const questions: Record<string, object> = {
  '/access/v1/evaluation': one,
  '/access/v1/evaluations': { subject, action, evaluations: [{ resource }] },
  '/access/v1/search/subject': { subject: { type: 'user' }, action, resource },
  '/access/v1/search/resource': { subject, action, resource: { type: 'invoice' } },
  '/access/v1/search/action': { subject, resource },
  '/v1/authz/explain': one,
  '/v1/authz/plan': { subject, action, resource: { type: 'invoice' } },
  '/v1/authz/access-diff': { subject, from: '2026-01-01T00:00:00Z' },
  '/v1/authz/simulations': {
    policy: { key: 'new', effect: 'allow', resource_type: 'invoice', actions: ['read'] },
  },
}
const routes = Object.keys(questions)
const searches = routes.filter((url) => url.includes('/search/'))

const send = (url: string, o: { token?: string; more?: object } = {}): Promise<Answer> =>
  platform.ask(replica, {
    method: 'POST',
    url,
    body: { ...questions[url], ...o.more },
    token: o.token ?? platform.tokenOf(owner),
  })

t.test('200: each of these questions by itself', async (t) => {
  for (const url of routes) t.equal((await send(url)).status, 200, url)
})

t.test('403 organization_required: a token of no organization', async (t) => {
  for (const url of routes)
    t.match(
      await send(url, { token: platform.tokenOf({ id: owner.id }) }),
      { status: 403, body: { code: 'organization_required' } },
      url,
    )
})

t.test('400: what is no attribute, and a page nobody gave', async (t) => {
  const context = { amr: 'no list', department: 4 }
  for (const url of [...searches, '/v1/authz/plan', '/v1/authz/explain'].filter((url) => !url.endsWith('/resource')))
    t.match(await send(url, { more: { context } }), { status: 400, body: { code: 'invalid_attribute' } }, url)
  for (const url of searches)
    t.match(
      await send(url, { more: { page: { token: 'nobody-gave-this' } } }),
      { status: 400, body: { code: 'invalid_cursor' } },
      url,
    )
})

t.test('503 revision_unavailable: a token that knows of a change this replica has not heard of', async (t) => {
  const token = platform.tokenOf(owner, { mv: 9 })
  for (const url of routes.filter((url) => !url.endsWith('diff') && !url.endsWith('simulations')))
    t.match(await send(url, { token }), { status: 503, body: { code: 'revision_unavailable' } }, url)
})

t.test('403 forbidden: what policies say is told to those who may read them', async (t) => {
  const token = platform.tokenOf(member)
  for (const url of ['/v1/authz/explain', '/v1/authz/simulations'])
    t.match(await send(url, { token }), { status: 403, body: { code: 'forbidden' } }, url)
})

t.test('503 not_current: a neighbour has been silent for 5 s', async (t) => {
  platform.orgs.cutOff(true)
  t.teardown(() => platform.orgs.cutOff(false))
  ahead = 5001
  for (const url of routes.filter((url) => !url.endsWith('simulations')))
    t.match(await send(url), { status: 503, body: { code: 'not_current' } }, url)
})
