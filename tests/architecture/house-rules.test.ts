/** Each house rule is shown a bad example and must object. */
import t from 'tap'
import { judge, missingParts, rules } from './house-rules.ts'

const bad: Record<string, { path: string; text: string }> = {
  'kebab-case': { path: 'services/orgs/src/use-cases/createOrg.ts', text: '/** x */' },
  'no drawer names': { path: 'libs/service-kit/src/http/utils.ts', text: '/** x */' },
  'no clock or chance in the domain': {
    path: 'services/tokens/src/domain/family.ts',
    text: '/** x */ export const now = () => Date.now()',
  },
  'a file says what lives in it': { path: 'services/tokens/src/app.ts', text: 'export const x = 1' },
  'generated cases are repeatable': {
    path: 'services/orgs/test/domain/naming.test.ts',
    text: "import fc from 'fast-check'",
  },
  'requests die young': {
    path: 'libs/access/src/callers/jwt-plugin.ts',
    text: '/** x */ const presented = new WeakMap<FastifyRequest, string>()',
  },
  'key pairs are made in one place': {
    path: 'services/tokens/test/fixtures/proofs.ts',
    text: 'const pair = generateKeyPair' + "Sync('ec', { namedCurve: 'P-256' })",
  },
  'a timeout is held by somebody': {
    path: 'services/workers/src/providers/webhook-sender.ts',
    text: '/** x */ const signal = AbortSignal.any([stopped, AbortSignal' + '.timeout(1000)])',
  },
  'lines of at most 120 columns': { path: 'services/orgs/src/app.ts', text: `/** ${'x'.repeat(120)} */` },
  'no package host': { path: 'docs/x.md', text: `see https://registry.npm${'js'}.org/x` },
}

t.test('every rule has a bad example and sees it', async (t) => {
  for (const rule of rules) {
    const example = bad[rule.name]
    t.ok(example, `an example for ${rule.name}`)
    if (example)
      t.ok(
        judge([example]).some((found) => found.includes(rule.name)),
        rule.name,
      )
  }
})

t.test('a good file passes', async (t) => {
  t.same(
    judge([
      { path: 'services/orgs/src/use-cases/create-organization.ts', text: '/** Creates it. */\nexport const x = 1\n' },
    ]),
    [],
  )
})

t.test('a service without one of its parts is named', async (t) => {
  t.same(missingParts((path) => path !== 'services/orgs/src/app.ts').length, 1)
})
