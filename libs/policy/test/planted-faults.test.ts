/**
 * The differential tests would notice: each operator is broken once, in the closures and in the SQL, and each fault
 * makes at least one generated case disagree. What no case tells apart from the right one is not tested.
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { createBudget, stepsPerEvaluation } from '@gatehouse/policy/compile/budget'
import { compileCondition } from '@gatehouse/policy/compile/closure'
import type { Truth } from '@gatehouse/policy/compile/truth'
import type { CheckedIr, Node, TypedAttributeRef } from '@gatehouse/policy/ir/condition'
import { isInNetwork, parseAddress, type Network } from '@gatehouse/policy/ir/network'
import { isFilter, type Filter } from '@gatehouse/policy/plan/filter'
import { residualOf } from '@gatehouse/policy/plan/residual'
import { condition, knownValues } from './generated.ts'
import { rowsOnPostgres, valuesOf } from './rows-on-postgres.ts'
import { conditionOf } from './schema.ts'

const seed = 20261125
type CheckedNode = Node<TypedAttributeRef>
type Fault = (node: CheckedNode) => CheckedNode

const compareAs =
  (from: string, to: '==' | '!=' | '<' | '<=' | '>' | '>='): Fault =>
  (node) =>
    node.kind === 'compare' && node.operator === from ? { ...node, operator: to } : node
const textAs =
  (from: string, to: 'startsWith' | 'endsWith' | 'contains'): Fault =>
  (node) =>
    node.kind === 'text' && node.test === from ? { ...node, test: to } : node
const literal = (node: CheckedNode, value: boolean | number): CheckedNode => ({ kind: 'literal', at: node.at, value })

const faultyNodes: Record<string, Fault> = {
  '&& reads as ||': (node) => (node.kind === 'and' ? { ...node, kind: 'or' } : node),
  '|| reads as &&': (node) => (node.kind === 'or' ? { ...node, kind: 'and' } : node),
  '&& forgets its last operand': (node) =>
    node.kind === 'and' ? { ...node, operands: node.operands.slice(0, -1) } : node,
  '|| forgets its last operand': (node) =>
    node.kind === 'or' ? { ...node, operands: node.operands.slice(0, -1) } : node,
  '! does nothing': (node) => (node.kind === 'not' ? node.operand : node),
  '== reads as !=': compareAs('==', '!='),
  '!= reads as ==': compareAs('!=', '=='),
  '< reads as <=': compareAs('<', '<='),
  '< reads as >': compareAs('<', '>'),
  '<= reads as <': compareAs('<=', '<'),
  '> reads as >=': compareAs('>', '>='),
  '> reads as <': compareAs('>', '<'),
  '>= reads as >': compareAs('>=', '>'),
  'sides of a comparison change places': (node) =>
    node.kind === 'compare' ? { ...node, left: node.right, right: node.left } : node,
  'in is never true': (node) => (node.kind === 'in' ? literal(node, false) : node),
  'in forgets an item': (node) =>
    node.kind === 'in' && node.haystack.kind === 'list'
      ? { ...node, haystack: { ...node.haystack, items: node.haystack.items.slice(1) } }
      : node,
  'has() is always true': (node) => (node.kind === 'has' ? literal(node, true) : node),
  'has() asks for the value': (node) =>
    node.kind === 'has' && node.attribute.type === 'boolean' ? node.attribute : node,
  'startsWith reads as contains': textAs('startsWith', 'contains'),
  'endsWith reads as contains': textAs('endsWith', 'contains'),
  'contains reads as startsWith': textAs('contains', 'startsWith'),
  'subject and argument change places': (node) =>
    node.kind === 'text' ? { ...node, subject: node.argument, argument: node.subject } : node,
  'size() is one too many': (node) =>
    node.kind === 'size' && node.operand.kind === 'list' ? literal(node, node.operand.items.length + 1) : node,
  'exists reads as all': (node) =>
    node.kind === 'quantifier' && node.quantifier === 'exists' ? { ...node, quantifier: 'all' } : node,
  'all reads as exists': (node) =>
    node.kind === 'quantifier' && node.quantifier === 'all' ? { ...node, quantifier: 'exists' } : node,
  'a quantifier forgets an item': (node) =>
    node.kind === 'quantifier' && node.list.kind === 'list'
      ? { ...node, list: { ...node.list, items: node.list.items.slice(1) } }
      : node,
  'later and earlier change places': (node) =>
    node.kind === 'elapsed' ? { ...node, later: node.earlier, earlier: node.later } : node,
  'a duration counts in seconds': (node) => (node.kind === 'duration' ? { ...node, ms: node.ms / 1000 } : node),
  'an instant is a millisecond late': (node) =>
    node.kind === 'instant' ? { ...node, epochMs: node.epochMs + 1 } : node,
}

const faultyAnswers: Record<string, (truth: Truth) => Truth> = {
  'unknown counts as false': (truth) => truth ?? false,
  'unknown counts as true': (truth) => truth ?? true,
}

const faultySql: Record<string, (text: string) => string> = {
  'and reads as or': (text) => text.replaceAll(' and ', ' or '),
  'or reads as and': (text) => text.replaceAll(' or ', ' and '),
  'not does nothing': (text) => text.replaceAll('(not ', '('),
  '= reads as <>': (text) => text.replaceAll(' = ', ' <> '),
  '<> reads as =': (text) => text.replaceAll(' <> ', ' = '),
  '< reads as <=': (text) => text.replaceAll(' < ', ' <= '),
  '<= reads as <': (text) => text.replaceAll(' <= ', ' < '),
  '> reads as >=': (text) => text.replaceAll(/ > (?!1 then)/g, ' >= '),
  '>= reads as >': (text) => text.replaceAll(' >= ', ' > '),
  'NULL is distinct': (text) => text.replaceAll(' <> ', ' is distinct from '),
  'NULL in a list is not seen': (text) =>
    text
      .replaceAll('array_position', 'array_length')
      .replaceAll(', null) is null then', ', 1) is not null or true then'),
  'in looks at the list from outside': (text) => text.replaceAll('= any(', '<> all('),
  'is not null reads as is null': (text) => text.replaceAll(' is not null)', ' is null)'),
  'text is ordered by the collation of the column': (text) => text.replaceAll(' collate "C"', ''),
  'startsWith is LIKE': (text) =>
    text.replaceAll(/starts_with\((.*?) collate "C", (.*?)\)(?=[ )]|$)/g, "($1 like $2 || '%')"),
  'contains begins at 1': (text) => text.replaceAll(') > 0)', ') > 1)'),
  'endsWith looks at the beginning': (text) => text.replaceAll('(right(', '(left('),
  'cardinality is one too many': (text) => text.replaceAll('cardinality(', '1 + cardinality('),
  'char_length counts bytes': (text) => text.replaceAll('char_length(', 'octet_length('),
  'parts of a millisecond count': (text) => text.replaceAll("date_trunc('milliseconds', ", 'coalesce('),
  'a difference is in seconds': (text) => text.replaceAll(') * 1000)', ') * 1)'),
}

const { rows, answersOf, close } = await rowsOnPostgres({ seed, count: 60, conversions: false })
t.teardown(close)

const conditions = fc.sample(fc.tuple(condition, knownValues), { seed, numRuns: 650 }).flatMap(([source, values]) => {
  const ir = conditionOf(source)
  const filter = residualOf(ir.root, { values, policy: 'p', budget: createBudget(stepsPerEvaluation) })
  return isFilter(filter) ? [{ ir, values, filter }] : []
})
type Generated = (typeof conditions)[number]

const answersInBatches = async (filters: readonly Filter[], spoil?: (text: string) => string) => {
  const answers: (boolean | null)[][] = rows.map(() => [])
  for (let start = 0; start < filters.length; start += 80) {
    const found = await answersOf(filters.slice(start, start + 80), spoil)
    found.forEach((ofRow, row) => answers[row]!.push(...ofRow))
  }
  return answers
}

const right = await answersInBatches(conditions.map(({ filter }) => filter))

function differences(
  answerTo: (generated: Generated, index: number) => ((row: number) => boolean | null) | undefined,
): number {
  let found = 0
  conditions.forEach((generated, index) => {
    const answer = answerTo(generated, index)
    if (answer) rows.forEach((_, row) => (answer(row) === right[row]![index] ? 0 : found++))
  })
  return found
}

const asked = ({ values }: Generated, row: number) => ({ ...values, resource: valuesOf(rows[row]!) })
const closureAnswers = (ir: CheckedIr, generated: Generated, after: (truth: Truth) => Truth = (truth) => truth) => {
  const closure = compileCondition(ir)
  return (row: number) => after(closure(asked(generated, row))) ?? null
}

/** The fault at every node of the tree. */
function planted(node: CheckedNode, fault: Fault): CheckedNode {
  const below = (child: unknown): unknown => {
    if (Array.isArray(child)) return child.map(below)
    return typeof child === 'object' && child !== null && 'kind' in child ? planted(child as CheckedNode, fault) : child
  }
  // A has() keeps its attribute: there is nothing to evaluate in it.
  const inside =
    node.kind === 'has'
      ? node
      : (Object.fromEntries(Object.entries(node).map(([key, child]) => [key, below(child)])) as CheckedNode)
  return fault(inside)
}

/** The faults that were found, by how many answers each was. */
const listed = (found: ReadonlyMap<string, number>): string =>
  `${found.size} faults, answers that differ by each: ` +
  `${[...found].map(([name, count]) => `${name} ${count}`).join('; ')}`

t.test('without a fault there is no difference', async (t) => {
  t.equal(
    differences((generated) => closureAnswers(generated.ir, generated)),
    0,
  )
})

t.test('each fault in the closures is found', async (t) => {
  const all = new Map<string, number>()
  for (const [name, fault] of Object.entries(faultyNodes)) {
    const found = differences((generated) => {
      const root = planted(generated.ir.root, fault)
      return JSON.stringify(root) === JSON.stringify(generated.ir.root)
        ? undefined
        : closureAnswers({ ...generated.ir, root }, generated)
    })
    all.set(name, found)
  }
  for (const [name, fault] of Object.entries(faultyAnswers))
    all.set(
      name,
      differences((generated) => closureAnswers(generated.ir, generated, fault)),
    )
  for (const [name, found] of all) t.ok(found > 0, name)
  t.comment(listed(all))
})

t.test('each fault in the SQL is found', async (t) => {
  const all = new Map<string, number>()
  for (const [name, spoil] of Object.entries(faultySql)) {
    const spoiled = await answersInBatches(
      conditions.map(({ filter }) => filter),
      spoil,
    )
    all.set(
      name,
      differences((_, index) => (row) => spoiled[row]![index]!),
    )
  }
  for (const [name, found] of all) t.ok(found > 0, name)
  t.comment(listed(all))
})

t.test('networks are what their bits say, and each fault in them is found', async (t) => {
  const addresses = fc.oneof(fc.ipV4(), fc.ipV6())
  const number = (groups: readonly number[]) => groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n)
  const reference = (groups: readonly number[], network: Network) => {
    if (groups.length !== network.groups.length) return false
    const below = BigInt(groups.length * 16 - network.bits)
    return number(groups) >> below === number(network.groups) >> below
  }
  /** Often neighbours, so that the last bit that counts is what decides. */
  const cases = fc
    .sample(fc.tuple(addresses, fc.nat(128), fc.nat(127)), { seed, numRuns: 4000 })
    .flatMap(([text, bits, flipped]) => {
      const groups = parseAddress(text)
      if (!groups || bits > groups.length * 16) return []
      const address = groups.map((group, index) =>
        index === flipped >> 4 ? group ^ (0x8000 >> (flipped & 15)) : group,
      )
      const below = BigInt(groups.length * 16 - bits)
      const base = (number(groups) >> below) << below
      const network = {
        bits,
        groups: groups.map((_, index) => Number((base >> BigInt((groups.length - 1 - index) * 16)) & 0xffffn)),
      }
      return [{ address, network }]
    })
  const wrong = (test: (address: readonly number[], network: Network) => boolean) =>
    cases.filter(({ address, network }) => test(address, network) !== reference(address, network)).length
  t.ok(
    cases.length > 2000 &&
      cases.some(({ address, network }) => reference(address, network)) &&
      cases.some(({ address, network }) => !reference(address, network)),
  )
  t.equal(wrong(isInNetwork), 0)
  t.ok(
    wrong((address, network) => isInNetwork(address, { ...network, bits: Math.max(0, network.bits - 1) })) > 0,
    'a bit too few',
  )
  t.ok(
    wrong((address, network) => isInNetwork(address, { ...network, bits: Math.floor(network.bits / 16) * 16 })) > 0,
    'whole groups only',
  )
  t.ok(wrong(() => false) > 0, 'nothing is inside')
})
