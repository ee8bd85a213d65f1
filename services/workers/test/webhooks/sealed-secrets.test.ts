/**
 * Secrets of endpoints under a new key-encryption key: the present one and the one before, unless they changed
 * meanwhile.
 */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { createEnvelope } from '@gatehouse/service-kit/secrets/envelope'
import { reseal } from '@gatehouse/service-kit/secrets/reseal'
import { testDatabase } from '@gatehouse/test-kit/database'
import { sql } from 'drizzle-orm'
import { insertEndpoint, rotateSecret } from '../../src/store/webhook-endpoints.ts'
import { sealedSecrets } from '../../src/use-cases/webhooks/sealed-secrets.ts'
import { secretPurpose } from '../../src/use-cases/webhooks/secret-purpose.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 4)
const db = database.connect('workers', 'runtime', 4)
const [old, fresh] = [randomBytes(32), randomBytes(32)]
const before = createEnvelope({ keys: [old] })
const between = createEnvelope({ keys: [fresh, old] })
const after = createEnvelope({ keys: [fresh] })
const columns = ['secret_sealed', 'previous_secret_sealed'] as const
const kindOf = (envelope: typeof before, column: (typeof columns)[number]) =>
  sealedSecrets({ system, webhooks: { envelope } }, column)

async function rotatedEndpoint(): Promise<string> {
  const [id, orgId] = [newId('whk'), newId('org')]
  const seal = (secret: string) => before.seal(Buffer.from(secret), secretPurpose(id))
  await inScope(db, { orgId }, async (tx) => {
    await insertEndpoint(tx, {
      id,
      sources: null,
      orgId,
      url: 'https://hooks.example.com/',
      description: '',
      eventTypes: ['*'],
      secretSealed: seal('first'),
      createdBy: undefined,
      most: 20,
    })
    await rotateSecret(tx, { id, secretSealed: seal('second'), overlapSeconds: 60 })
  })
  return id
}
const sealedOf = async (id: string) => {
  const [row] = rowsOf<{ now: string; earlier: string }>(
    await system.execute(sql`
      select secret_sealed as now, previous_secret_sealed as earlier from webhook_endpoints where id = ${uuidOf(id)}`),
  )
  if (row === undefined) throw new Error('no endpoint')
  return row
}

t.test('both are sealed anew, over pages, and the old key can go', async (t) => {
  const ids = []
  for (let n = 0; n < 205; n += 1) ids.push(await rotatedEndpoint())
  for (const column of columns) {
    t.same(await reseal(kindOf(after, column)), { resealed: 0, left: 205 }, 'who lacks the old key says so')
    t.same(await reseal(kindOf(between, column)), { resealed: 205, left: 0 }, column)
    t.same(await reseal(kindOf(between, column)), { resealed: 0, left: 0 }, 'and once is enough')
  }
  for (const id of ids) {
    const { now, earlier } = await sealedOf(id)
    const open = (text: string) => after.open(text, secretPurpose(id)).toString()
    t.same([open(now), open(earlier)], ['second', 'first'])
  }
})

t.test('a secret that was rotated meanwhile stays rotated', async (t) => {
  const id = await rotatedEndpoint()
  const was = await sealedOf(id)
  for (const column of columns) {
    const kind = kindOf(between, column)
    await kind.replace({ id, sealed: 'v1.what.was.read' }, 'v1.a.b.c')
  }
  t.same(await sealedOf(id), was)
})
