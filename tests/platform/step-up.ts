/**
 * A policy asks for a recent sign-in: the gateway hands out the challenge of RFC 9470, a refreshed token does not meet
 * it, a sign-in does.
 */
import type tap from 'tap'
import { until, type Answer, type Api } from './client.ts'
import { found, join, newAddress, refreshed, signIn, signUp, type Person } from './people.ts'

type Test = Parameters<Parameters<(typeof tap)['test']>[0]>[0]

const maxAgeSeconds = 5

export const stepUp = async (t: Test, api: Api): Promise<void> => {
  const { owner, org } = await found(api, await signUp(api, 'stella'), 'Careful Ltd')
  const admin = await join(api, { owner, org, person: await signUp(api, 'adam'), roles: ['admin'] })
  const invite = (by: Person): Promise<Answer> =>
    api.call('POST', `/v1/organizations/${org}/invitations`, {
      token: by.access,
      body: { email: newAddress('guest'), roles: ['viewer'] },
    })
  t.equal((await invite(admin)).status, 201)
  const policy = {
    key: 'fresh-invitations',
    effect: 'deny',
    resource_type: 'gatehouse',
    actions: ['members.invite'],
    when: `request.time - request.auth_time > duration("${maxAgeSeconds}s")`,
    obligation: { type: 'step_up', max_age: maxAgeSeconds },
  }
  t.equal(
    (await api.call('POST', `/v1/organizations/${org}/policies`, { token: owner.access, body: policy })).status,
    201,
  )
  // Asked of the decision point: invitations themselves are limited.
  const question = {
    subject: { type: 'user', id: admin.id },
    action: { name: 'members.invite' },
    resource: { type: 'gatehouse', id: org },
  }
  await until('the sign-in to be too long ago', async () => {
    const { body } = await api.call('POST', '/access/v1/evaluation', { token: admin.access, body: question })
    return body['decision'] === false
  })
  const refused = await invite(admin)
  t.same([refused.status, refused.body['code']], [401, 'insufficient_user_authentication'])
  t.match(
    refused.headers.get('www-authenticate'),
    new RegExp(
      `^Bearer error="insufficient_user_authentication", error_description="[^"]+", max_age="${maxAgeSeconds}"$`,
    ),
  )
  t.equal((await invite(await refreshed(api, admin))).status, 401, 'a refreshed token is of the same sign-in')
  t.equal(
    (await api.call('GET', `/v1/organizations/${org}/members`, { token: admin.access })).status,
    200,
    'everything else goes on',
  )
  t.equal((await invite(await signIn(api, { ...admin, organization: org }))).status, 201)
}
