/**
 * An application's way: the demo's key asks about anybody of its organization and about nobody else, and a key that is
 * revoked is over.
 */
import type tap from 'tap'
import { until, type Api } from './client.ts'
import { signIn } from './people.ts'
import type { PlatformFile } from './platform-file.ts'

type Test = Parameters<Parameters<(typeof tap)['test']>[0]>[0]

const decide = async (
  api: Api,
  key: string,
  { user, action, properties = {} }: { user: string; action: string; properties?: object },
): Promise<[unknown, unknown]> => {
  const body = {
    subject: { type: 'user', id: user },
    action: { name: action },
    resource: { type: 'invoice', id: 'inv-1', properties },
  }
  const answer = await api.call('POST', '/access/v1/evaluation', { token: key, body })
  return [answer.status, answer.body['decision']]
}

export const machines = async (t: Test, api: Api, { demo }: PlatformFile): Promise<void> => {
  const [owner, , member, viewer] = demo.users
  const [stranger] = demo.other.users
  if (!owner || !member || !viewer || !stranger) throw new Error('the demo has no users')
  t.same(await decide(api, demo.api_key, { user: owner.id, action: 'read' }), [200, true])
  t.same(await decide(api, demo.api_key, { user: viewer.id, action: 'create' }), [200, false])
  t.same(
    await decide(api, demo.api_key, {
      user: member.id,
      action: 'approve',
      properties: { department: 'sales', amount: 1000 },
    }),
    [200, true],
  )
  t.same(
    await decide(api, demo.api_key, { user: stranger.id, action: 'read' }),
    [200, false],
    'nobody of another organization',
  )
  t.equal((await api.call('GET', '/v1/me', { token: demo.api_key })).body['code'], 'person_required')
  t.equal(
    (await api.call('GET', `/v1/organizations/${demo.organization_id}/roles`, { token: demo.api_key })).status,
    403,
    'it holds the right to ask and no other',
  )
  t.equal(
    (await api.call('GET', `/v1/organizations/${demo.other.organization_id}/roles`, { token: demo.api_key })).status,
    404,
  )

  t.match(
    await api.call('POST', '/access/v1/evaluation', {
      token: demo.api_key,
      headers: { 'gatehouse-organization': demo.other.organization_id },
      body: {},
    }),
    { status: 403, body: { code: 'organization_unavailable' } },
    'a key of an organization opens no other, whatever the header says',
  )

  const { access } = await signIn(api, { ...owner, organization: demo.organization_id })
  const accounts = `/v1/organizations/${demo.organization_id}/service-accounts`
  const account = String(
    (await api.call('POST', accounts, { token: access, body: { name: 'Short-lived' } })).body['id'],
  )
  t.equal(
    (await api.call('PUT', `${accounts}/${account}/roles`, { token: access, body: { roles: ['viewer'] } })).status,
    200,
  )
  const made = await api.call('POST', `${accounts}/${account}/keys`, { token: access, body: {} })
  const key = String(made.body['key'])
  const use = async (): Promise<unknown> => {
    const { status, body } = await api.call('GET', `/v1/organizations/${demo.organization_id}/members`, { token: key })
    return status === 200 ? 200 : body['code']
  }
  const sixteen = (): Promise<unknown[]> => Promise.all(Array.from({ length: 16 }, use))
  t.same(new Set(await sixteen()), new Set([200]))
  t.equal(
    (await api.call('DELETE', `${accounts}/${account}/keys/${String(made.body['id'])}`, { token: access })).status,
    204,
  )
  await until('the revoked key to be refused', async () => (await use()) !== 200)
  t.same(new Set(await sixteen()), new Set(['invalid_api_key']))
  const trail = await until('the trail to tell of it', async () => {
    const { body } = await api.call(
      'GET',
      `/v1/organizations/${demo.organization_id}/audit-events?action=api_key.revoked`,
      { token: access },
    )
    const events = body['data'] as { target: { id: string } }[]
    return events.find(({ target }) => target.id === made.body['id'])
  })
  t.match(trail, { actor: { type: 'user', id: owner.id }, target: { type: 'api_key' } })
}
