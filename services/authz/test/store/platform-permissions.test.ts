/** docs/reference/platform-permissions.md is what a migrated database says. `UPDATE_REFERENCE=1` writes it. */
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { firstCommonBit } from '@gatehouse/policy/compile/bitset'
import { roleSetOf, type Rules } from '@gatehouse/policy/compile/policy-set'
import { testDatabase } from '@gatehouse/test-kit/database'
import { gatehouse } from '../../src/domain/platform.ts'
import { createPolicyModels } from '../../src/facts/policy-models.ts'
import { createPolicyRows } from '../../src/facts/policy-rows.ts'

const file = new URL('../../../../docs/reference/platform-permissions.md', import.meta.url)
const database = await testDatabase(t, { services: ['authz'] })
const { set, catalog, roles } = await createPolicyModels({
  policyRows: createPolicyRows(),
  db: database.connect('authz', 'runtime'),
}).get()

const rulesOf = (action: string): Rules => set.types.get(gatehouse)?.get(action) as Rules
const isHeld = (role: string, action: string): boolean =>
  firstCommonBit(rulesOf(action).grantedBy, roleSetOf(set, [role])) >= 0
const actions = [...(catalog.types.get(gatehouse)?.actions ?? [])].sort(([a], [b]) => a.localeCompare(b, 'en'))
const keys = [...roles.keys()].sort((a, b) => a.localeCompare(b, 'en'))

const table = [
  `| Permission | Sensitive | ${keys.join(' | ')} |`,
  `|---|:---:|${keys.map(() => ':---:|').join('')}`,
  ...actions.map(
    ([action, { sensitive }]) =>
      `| \`${gatehouse}:${action}\` | ${sensitive ? 'yes' : ''} | ` +
      `${keys.map((role) => (isHeld(role, action) ? '✓' : '')).join(' | ')} |`,
  ),
].join('\n')

const page = `# Platform permissions and who holds them

Written from a migrated database by \`services/authz/test/store/platform-permissions.test.ts\`; change nothing by
hand. A wildcard never covers a sensitive permission, so such a one is held only where a role names it. \`owner\`
comes with ownership of an organization and \`platform-admin\` with the platform; neither can be given by anybody.
Applications and organizations add roles of their own.

${table}
`

t.test('the page says what the database says', async (t) => {
  if (process.env['UPDATE_REFERENCE'] === '1') writeFileSync(file, page)
  t.ok(actions.length > 10 && keys.length >= 5)
  t.equal(readFileSync(file, 'utf8'), page)
})
