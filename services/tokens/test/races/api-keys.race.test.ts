/**
 * A key that is used while it is revoked: every token that came of it is below the floor that the revocation announced,
 * and after the 204 none comes any more.
 */
import t from 'tap'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'
import { createKey, exchange, ownedOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replicas = [await platform.replica(), await platform.replica()] as const
const [one] = replicas
const org = await ownedOrganization(platform, one)
const sixteen = Array.from({ length: 16 }, (_, n) => replicas[n % 2] ?? one)

t.test('16 exchanges at once are 16 answers for one and the same key', async (t) => {
  const { key, id } = await createKey(platform, one, org)
  const answers = await Promise.all(sixteen.map((replica) => exchange(platform, replica, key)))
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]))
  t.same(new Set(answers.map(({ body }) => claimsOf(body['access_token']).sid)), new Set([id]))
})

t.test('revoked in the midst of 16 exchanges: what was minted is void, and nothing is minted afterwards', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const { key, path, id } = await createKey(platform, one, org)
    const revoke = platform.ask(one, { method: 'DELETE', url: path, token: org.token })
    const answers = await Promise.all([...sixteen, ...sixteen].map((replica) => exchange(platform, replica, key)))
    t.equal((await revoke).status, 204)
    const { events } = await one.deps.spine.changes({ after: 0, limit: 1000 })
    const floor = events.find((event) => event.subject === id && event.type.endsWith('api_key.revoked.v1'))?.data[
      'min_sv'
    ]
    for (const { status, body } of answers) {
      t.ok(status === 200 ? claimsOf(body['access_token']).sv < Number(floor) : status === 401, 'void or refused')
    }
    t.same(
      (await Promise.all(sixteen.map((replica) => exchange(platform, replica, key)))).filter(
        ({ status }) => status !== 401,
      ),
      [],
    )
  }
})
