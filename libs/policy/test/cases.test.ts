/**
 * The corpus: conditions and decisions as data, each file checked against the schema it names.
 * `docs/reference/policy-cases.md` shows the same.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { Check } from 'typebox/schema'
import t from 'tap'
import { parse } from 'yaml'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { compileCondition } from '@gatehouse/policy/compile/closure'
import type { Obligation } from '@gatehouse/policy/compile/decision'
import { compilePolicySet, roleSetOf, type PolicySource } from '@gatehouse/policy/compile/policy-set'
import { decide } from '@gatehouse/policy/decide/decide'
import { conditionOf } from './schema.ts'

type ConditionCases = { title: string; cases: { when: string; given?: AttributeValues; answer: boolean | 'unknown' }[] }
type DecisionCases = {
  title: string
  policies: {
    key: string
    effect: 'allow' | 'deny'
    scope?: 'platform' | 'organization'
    actions?: string[]
    roles?: string[]
    when?: string
    obligation?: Obligation
  }[]
  cases: {
    action: string
    roles?: string[]
    given?: AttributeValues
    allowed: boolean
    reason: string
    by?: string
    missing?: string[]
    obligation?: string
  }[]
}

const folder = new URL('cases/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))

function read<T>(file: string): T {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const schema = /^# yaml-language-server: \$schema=\.\/(.*)$/m.exec(text)?.[1]
  if (schema === undefined) throw new Error(`${file} names no schema`)
  const cases: unknown = parse(text)
  if (!Check(JSON.parse(readFileSync(new URL(schema, folder), 'utf8')) as object, cases))
    throw new Error(`${file} is not as ${schema} says`)
  return cases as T
}

const resourceTypes = [
  {
    key: 'invoice',
    actions: [{ name: 'read' }, { name: 'approve' }, { name: 'purge', sensitive: true }],
    repairRole: 'super',
  },
]
const roles = [
  { key: 'reader', permissions: ['invoice:read'] },
  { key: 'clerk', permissions: [], inherits: ['reader'] },
  { key: 'chief', permissions: ['invoice:*'] },
  { key: 'purger', permissions: ['invoice:purge'] },
  { key: 'owner', permissions: ['*:*'] },
  { key: 'super', permissions: ['*:*'] },
]

const policyOf = ({ when, ...policy }: DecisionCases['policies'][number]): PolicySource => ({
  scope: 'organization',
  resourceType: 'invoice',
  actions: ['approve'],
  ...policy,
  ...(when === undefined ? {} : { when: conditionOf(when) }),
})

t.ok(files.length >= 15, `${files.length} files`)

for (const file of files.filter((name) => !name.endsWith('.decisions.yaml'))) {
  const { title, cases } = read<ConditionCases>(file)
  t.test(title, async (t) => {
    for (const { when, given = {}, answer } of cases)
      t.equal(compileCondition(conditionOf(when))(given) ?? 'unknown', answer, `${when} with ${JSON.stringify(given)}`)
  })
}

for (const file of files.filter((name) => name.endsWith('.decisions.yaml'))) {
  const { title, policies, cases } = read<DecisionCases>(file)
  t.test(title, async (t) => {
    const set = compilePolicySet({ resourceTypes, roles, policies: policies.map(policyOf) })
    for (const asked of cases) {
      const { allowed, reason, obligation } = decide(set, {
        resourceType: 'invoice',
        action: asked.action,
        roles: roleSetOf(set, asked.roles ?? []),
        values: asked.given ?? {},
      })
      const by = 'role' in reason ? reason.role : 'policy' in reason ? reason.policy : undefined
      const missing = 'missing' in reason ? reason.missing : undefined
      t.same(
        [allowed, reason.code, by, missing, obligation?.type],
        [asked.allowed, asked.reason, asked.by, asked.missing, asked.obligation],
        JSON.stringify(asked),
      )
    }
  })
}
