/** The guards guard: every rule has a planted file that breaks it, and each is reported, or the rule is decoration. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
// @boundaries-ignore the arrows stand at the root, where the tool and a reader look for them
import config from '../../.dependency-cruiser.mjs'
import { cruiseTree } from './cruise.ts'

/** Rule → the file that breaks it, and the one thing it imports. */
const plants: Record<string, readonly [path: string, imported: string]> = {
  'no-circular': ['libs/service-kit/src/planted/circle-one.ts', './circle-two.ts'],
  'no-unresolvable': ['services/orgs/src/planted/nothing.ts', './no-such-file.ts'],
  'service-never-imports-service': ['services/orgs/src/planted/neighbour.ts', '../../../identity/src/config.ts'],
  'lib-never-imports-service': ['libs/service-kit/src/planted/service.ts', '../../../../services/orgs/src/config.ts'],
  'contracts-are-inert': ['libs/contracts/src/planted/logs.ts', 'pino'],
  'policy-is-pure': ['libs/policy/src/planted/reads.ts', 'node:fs'],
  'cel-parser-behind-one-door': ['libs/policy/src/decide/planted.ts', '@bufbuild/cel'],
  'kit-knows-no-caller': ['libs/service-kit/src/http/planted.ts', '../../../access/src/callers/caller.ts'],
  'access-keeps-nothing': ['libs/access/src/callers/planted-store.ts', '../../../service-kit/src/postgres/connect.ts'],
  'spine-bus-serves-both-sides': ['libs/spine/src/nats/planted.ts', '../produce/outbox.ts'],
  'spine-producer-knows-no-reader': ['libs/spine/src/produce/planted.ts', '../consume/consumer.ts'],
  'spine-follower-knows-no-effect': ['libs/spine/src/follow/planted.ts', '../consume/consumer.ts'],
  'access-tokens-know-no-request': ['libs/access/src/tokens/planted.ts', 'fastify'],
  'access-callers-stand-between': ['libs/access/src/callers/planted.ts', '../serve/server.ts'],
  'access-serving-calls-nobody': ['libs/access/src/serve/planted.ts', '../call/require-allowed.ts'],
  'kit-foundations-look-down': ['libs/service-kit/src/errors/planted.ts', '../http/page.ts'],
  'kit-stores-serve-nobody': ['libs/service-kit/src/postgres/planted.ts', '../jobs/backoff.ts'],
  'kit-http-runs-no-jobs': ['libs/service-kit/src/http/planted-job.ts', '../jobs/backoff.ts'],
  'kit-jobs-serve-no-http': ['libs/service-kit/src/jobs/planted.ts', '../http/page.ts'],
  'policy-stages-look-left': ['libs/policy/src/compile/planted.ts', '../decide/decide.ts'],
  'policy-ir-stands-alone': ['libs/policy/src/ir/planted.ts', '../compile/bitset.ts'],
  'facts-are-read-by-use-cases': ['services/authz/src/facts/planted.ts', '../subjects/candidates.ts'],
  'subjects-look-down': ['services/authz/src/subjects/planted.ts', '../access/check-permissions.ts'],
  'access-changes-nothing': ['services/authz/src/access/planted.ts', '../model/refusal.ts'],
  'model-knows-no-use-case': ['services/authz/src/model/planted.ts', '../use-cases/roles/create-role.ts'],
  'announcing-decides-nothing': ['services/authz/src/announce/planted.ts', '../domain/platform.ts'],
  'views-show-rows': ['services/authz/src/views/planted.ts', '../model/refusal.ts'],
  'projections-decide-nothing': ['services/authz/src/use-cases/projections/planted.ts', '../../model/refusal.ts'],
  // Policies count what a draft would change by a simulation already.
  'rooms-have-no-cycle': ['services/authz/src/use-cases/simulation/planted.ts', '../policies/get-policy.ts'],
  'gateway-has-no-database': ['services/gateway/src/planted/store.ts', 'postgres'],
  'src-never-imports-test': ['services/orgs/src/planted/tests.ts', '../../../../libs/test-kit/src/wait-until.ts'],
  'domain-is-pure': ['services/tokens/src/domain/planted.ts', 'node:fs'],
  'routes-never-reach-storage': ['services/tokens/src/routes/planted.ts', '../store/schema.ts'],
  'use-cases-know-no-transport': ['services/orgs/src/use-cases/planted.ts', 'fastify'],
  'store-looks-down-only': ['services/orgs/src/store/planted.ts', '../routes/routes.ts'],
  'effects-go-through-use-cases': ['services/workers/src/events/planted.ts', '../store/schema.ts'],
  'clients-know-no-storage': ['services/orgs/src/clients/planted.ts', '../store/schema.ts'],
  'nobody-imports-the-root': ['services/orgs/src/domain/planted.ts', '../app.ts'],
  'sql-only-in-store': ['services/identity/src/use-cases/planted.ts', 'drizzle-orm'],
  'nats-only-in-spine': ['services/authz/src/planted/bus.ts', '@nats-io/transport-node'],
  'bullmq-only-in-service-kit': ['services/workers/src/planted/queue.ts', 'bullmq'],
  'mails-are-one-file': ['services/workers/src/mails/planted.ts', '../use-cases/mails/send-mail.ts'],
  'argon2-only-in-identity': ['services/tokens/src/planted/hash.ts', '@node-rs/argon2'],
}

t.test('the tree keeps every never-arrow, and the cruiser can see it', async (t) => {
  const { violations, modules } = await cruiseTree(['services', 'libs', 'infra/local', 'tests'])
  t.same(violations, [])
  t.ok(modules > 150, `${modules} modules read`)
})

t.test('every rule has its planted violation', async (t) => {
  t.same(
    config.forbidden.map(({ name }) => name).filter((name) => !((name ?? '') in plants)),
    [],
  )
})

t.test('a planted violation of each rule is reported', async (t) => {
  const copy = t.testdir({})
  for (const room of ['services', 'libs'])
    cpSync(room, join(copy, room), { recursive: true, filter: (path) => !path.includes('node_modules') })
  symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'))
  for (const [path, imported] of Object.values(plants)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    writeFileSync(join(copy, path), `import * as planted from '${imported}'\nexport const a = planted\n`)
  }
  writeFileSync(
    join(copy, 'libs/service-kit/src/planted/circle-two.ts'),
    `import { a } from './circle-one.ts'\nexport const b = a\n`,
  )
  const { violations } = await cruiseTree(['services', 'libs'], copy)
  // A rule about rooms names the folder.
  for (const [rule, [path]] of Object.entries(plants))
    t.ok(
      violations.some((found) => [path, dirname(path)].some((from) => found.startsWith(`${rule}: ${from} -> `))),
      `${rule} sees ${path}`,
    )
})
