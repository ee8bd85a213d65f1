/** What identity offers at a sign-in that asks which organization it is for, by status code. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send } = rig

t.test('GET /internal/users/:user/organizations', async (t) => {
  const [ada, owner] = [rig.person(), rig.person()]
  const path = `/internal/users/${ada.id}/organizations`
  const listed = async () => (await send('GET', path, { from: 'identity' })).body.data

  t.test('200: what identity offers at a sign-in: active organizations of an active member', async (t) => {
    const [own, joined, left, foreign] = [
      await rig.organization(ada, 'Own'),
      await rig.organization(owner, 'Joined'),
      await rig.organization(owner, 'Suspends'),
      await rig.organization(owner, 'Foreign'),
    ]
    for (const { id: org } of [joined, left]) await rig.join({ org, owner, person: ada })
    const reason = { reason: 'On leave' }
    const suspension = `/v1/organizations/${left.id}/members/${ada.id}/suspend`
    t.equal((await send('POST', suspension, { by: owner, org: left.id, body: reason })).status, 204)
    t.same(
      await listed(),
      [own, joined].map(({ id, name, slug }) => ({ id, name, slug, logo_url: null })),
    )
    t.notOk(JSON.stringify(await listed()).includes(foreign.id))
    const deletion = await send('DELETE', `/v1/organizations/${own.id}?slug=${own.slug}`, {
      by: ada,
      org: own.id,
      authTime: Math.floor(Date.now() / 1000),
    })
    t.equal(deletion.status, 202)
    t.same(
      (await listed()).map(({ id }: { id: string }) => id),
      [joined.id],
    )
  })

  t.test('200: nobody knows the person; 403: another neighbour asks', async (t) => {
    const unknown = `/internal/users/${newId('user')}/organizations`
    t.match(await send('GET', unknown, { from: 'identity' }), { status: 200, body: { data: [] } })
    t.equal((await send('GET', path, { from: 'workers' })).status, 403)
  })
})
