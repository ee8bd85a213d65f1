/** After a backup was restored: nothing of the lost time is believed, and signing in works again at once. */
import { migrateService } from '@gatehouse/spine/migrate/migrate-service'
import t from 'tap'
import { keepSigningKeys } from '../../src/use-cases/keys/keep-signing-keys.ts'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, refresh, signIn, person } = platform
const kidOf = (token: string): unknown =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: unknown }).kid
const publishedKids = async () =>
  ((await ask(replica, { method: 'GET', url: '/.well-known/jwks.json' })).body['keys'] as { kid: string }[]).map(
    ({ kid }) => kid,
  )
const voidedKids = async () => {
  const answer = await platform.askRaw(replica, { method: 'GET', url: '/internal/snapshot?view=floors' })
  return answer.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind?: string; id?: string; void?: boolean })
    .filter(({ kind }) => kind === 'kid')
    .map(({ id }) => id)
}

t.test('as long as the epoch is the same, nothing ends', async (t) => {
  const session = await signIn(replica, person().id)
  await keepSigningKeys(replica.deps)
  t.equal((await refresh(replica, session.refresh_token)).status, 200)
  t.same(await voidedKids(), [])
})

t.test('a new epoch ends every session and voids every key, once over all replicas', async (t) => {
  const { id } = person()
  const before = await signIn(replica, id)
  const published = await publishedKids()
  t.ok(published.includes(String(kidOf(before.access_token))))
  const [row] = await platform.admin<{ epoch: string }[]>`select epoch from spine_head`
  await migrateService({ service: 'tokens', ownerUrl: platform.ownerUrl, isRestored: true })
  t.not((await platform.admin<{ epoch: string }[]>`select epoch from spine_head`)[0]?.epoch, row?.epoch)
  const second = await platform.replica()
  await Promise.all([keepSigningKeys(replica.deps), keepSigningKeys(second.deps)])

  t.equal((await refresh(replica, before.refresh_token)).status, 401)
  t.same(new Set(await voidedKids()), new Set(published))
  t.notOk((await publishedKids()).some((kid) => published.includes(kid)))
  t.equal((await platform.admin`select from sessions where status = 'active'`).length, 0)
  t.equal((await platform.announced(replica)).filter((type) => type === 'signing_key.voided.v1').length, 2)

  const after = await signIn(replica, id)
  t.not(kidOf(after.access_token), kidOf(before.access_token))
  t.equal(claimsOf(after.access_token).sub, id)
  await keepSigningKeys(second.deps)
  t.equal((await refresh(second, after.refresh_token)).status, 200, 'what began after the restore stays')
})
