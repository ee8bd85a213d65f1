/** The guards guard: a planted violation of each kind must be reported, or the rule is decoration. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { cruiseTree } from './cruise.ts'

/** Each plant is a file that breaks one rule by importing what its room must not. */
const plants = [
  {
    rule: 'gateway-has-no-database',
    path: 'services/gateway/src/planted/a.ts',
    text: `import postgres from 'postgres'\nexport const a = postgres\n`,
  },
  {
    rule: 'service-never-imports-service',
    path: 'services/orgs/src/planted/b.ts',
    text: `import * as other from '../../../identity/src/config.ts'\nexport const b = other\n`,
  },
  {
    rule: 'domain-is-pure',
    path: 'services/tokens/src/domain/planted.ts',
    text: `import { readFileSync } from 'node:fs'\nexport const c = readFileSync\n`,
  },
  {
    rule: 'routes-never-reach-storage',
    path: 'services/tokens/src/routes/planted.ts',
    text: `import * as schema from '../store/schema.ts'\nexport const d = schema\n`,
  },
  {
    rule: 'nats-only-in-spine',
    path: 'services/authz/src/planted/e.ts',
    text: `import { connect } from '@nats-io/transport-node'\nexport const e = connect\n`,
  },
  {
    rule: 'contracts-are-inert',
    path: 'libs/contracts/src/planted.ts',
    text: `import pino from 'pino'\nexport const f = pino\n`,
  },
  {
    rule: 'sql-only-in-store',
    path: 'services/identity/src/use-cases/planted.ts',
    text: `import { sql } from 'drizzle-orm'\nexport const g = sql\n`,
  },
  {
    rule: 'effects-go-through-use-cases',
    path: 'services/workers/src/events/planted.ts',
    text: `import * as schema from '../store/schema.ts'\nexport const h = schema\n`,
  },
  {
    rule: 'lib-never-imports-service',
    path: 'libs/service-kit/src/planted.ts',
    text: `import * as config from '../../../services/orgs/src/config.ts'\nexport const i = config\n`,
  },
  {
    rule: 'mails-are-one-file',
    path: 'services/workers/src/mails/planted.ts',
    text: `import { sendMail } from '../use-cases/send-mail.ts'\nexport const m = sendMail\n`,
  },
  {
    rule: 'no-unresolvable',
    path: 'services/orgs/src/planted/j.ts',
    text: `import nothing from './nothing.ts'\nexport const j = nothing\n`,
  },
]

t.test('the tree keeps every never-arrow, and the cruiser can see it', async (t) => {
  const { violations, modules } = await cruiseTree(['services', 'libs', 'infra/local', 'tests'])
  t.same(violations, [])
  t.ok(modules > 150, `${modules} modules read`)
})

t.test('a planted violation of each kind is reported', async (t) => {
  const copy = t.testdir({})
  for (const room of ['services', 'libs'])
    cpSync(room, join(copy, room), { recursive: true, filter: (path) => !path.includes('node_modules') })
  symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'))
  for (const { path, text } of plants) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    writeFileSync(join(copy, path), text)
  }
  const { violations } = await cruiseTree(['services', 'libs'], copy)
  for (const { rule, path } of plants)
    t.ok(
      violations.some((found) => found.startsWith(`${rule}: ${path}`)),
      `${rule} sees ${path}`,
    )
})
