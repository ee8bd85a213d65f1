/**
 * Types every node. A condition that passes can only meet one surprise when it is decided: a missing value.
 * All problems are reported, not just the first.
 */
import { mostStepsOfCondition, worstSteps } from '../compile/steps.ts'
import { longestStatedList } from '../compile/budget.ts'
import type { AttributeRef, AttributeSource, CheckedIr, Ir, Node, TypedAttributeRef } from '../ir/condition.ts'
import { attributeSchema, type ConditionSchema } from './schema.ts'

/** `at` is the offset in the source. */
export type CheckProblem = { readonly error: string; readonly at: number }
export type CheckResult =
  { readonly ok: true; readonly ir: CheckedIr } | { readonly ok: false; readonly problems: readonly CheckProblem[] }

type ScalarType = 'string' | 'number' | 'boolean' | 'timestamp'
/** `empty` is the list without items, a list of anything. `unknown` stands where a problem was reported already. */
type StaticType = ScalarType | 'duration' | `list of ${ScalarType}` | 'empty list' | 'unknown'
type Typed = { readonly node: Node<TypedAttributeRef>; readonly type: StaticType }
/** `item` is the type of the variable where one is bound. */
type Check = { readonly schema: ConditionSchema; readonly problems: CheckProblem[]; readonly item?: StaticType }

/** Checks that the condition is a boolean over attributes the schema knows. */
export function checkCondition(ir: Ir, schema: ConditionSchema): CheckResult {
  const check: Check = { schema, problems: [] }
  const root = typed(ir.root, check)
  expectType(root, ['boolean'], { check, what: 'a condition' })
  if (check.problems.length === 0) expectCheap(root.node, check)
  return check.problems.length === 0
    ? { ok: true, ir: { version: 1, root: root.node } }
    : { ok: false, problems: check.problems }
}

function report(check: Check, at: number, error: string): void {
  check.problems.push({ error, at })
}

/** Quantifiers multiply: what no decision could afford on long lists is refused before it is saved. */
function expectCheap(root: Node<TypedAttributeRef>, check: Check): void {
  const steps = worstSteps(root)
  if (steps > mostStepsOfCondition)
    report(
      check,
      root.at,
      `on lists of ${longestStatedList} items this takes ${steps} steps, ` +
        `and at most ${mostStepsOfCondition} are allowed`,
    )
}

function expectType(
  found: Typed,
  wanted: readonly StaticType[],
  { check, what }: { check: Check; what: string },
): void {
  if (found.type === 'unknown' || wanted.includes(found.type)) return
  report(
    check,
    found.node.at,
    `${what} must be ${wanted.map(withArticle).join(' or ')}, this is ${withArticle(found.type)}`,
  )
}

const withArticle = (type: StaticType): string => (type === 'empty list' ? 'an empty list' : `a ${type}`)

function typed(node: Node, check: Check): Typed {
  switch (node.kind) {
    case 'literal':
      return { node, type: typeof node.value as 'string' | 'number' | 'boolean' }
    case 'instant':
      return { node, type: 'timestamp' }
    case 'duration':
      return { node, type: 'duration' }
    case 'variable':
      return { node, type: check.item ?? 'unknown' }
    case 'attribute':
      return typedAttribute(node, check)
    case 'elapsed':
      return typedElapsed(node, check)
    case 'cidr':
      return typedNetworkTest(node, check)
    case 'quantifier':
      return typedQuantifier(node, check)
    case 'has':
      return { node: { ...node, attribute: typedAttribute(node.attribute, check).node }, type: 'boolean' }
    case 'not':
      return typedNegation(node, check)
    case 'and':
    case 'or':
      return typedConnective(node, check)
    case 'list':
      return typedList(node, check)
    case 'compare':
      return typedComparison(node, check)
    case 'in':
      return typedMembership(node, check)
    case 'text':
      return typedText(node, check)
    case 'size':
      return typedSize(node, check)
  }
}

type Of<K extends Node['kind']> = Extract<Node, { kind: K }>

function typedNetworkTest(node: Of<'cidr'>, check: Check): Typed {
  const address = typed(node.address, check)
  expectType(address, ['string'], { check, what: 'the address of inCidr()' })
  return { node: { ...node, address: address.node }, type: 'boolean' }
}

function typedNegation(node: Of<'not'>, check: Check): Typed {
  const operand = typed(node.operand, check)
  expectType(operand, ['boolean'], { check, what: 'the operand of !' })
  return { node: { ...node, operand: operand.node }, type: 'boolean' }
}

function typedConnective(node: Of<'and' | 'or'>, check: Check): Typed {
  const operands = node.operands.map((operand) => typed(operand, check))
  for (const operand of operands)
    expectType(operand, ['boolean'], { check, what: `an operand of ${node.kind === 'and' ? '&&' : '||'}` })
  return { node: { ...node, operands: operands.map((operand) => operand.node) }, type: 'boolean' }
}

function typedSize(node: Of<'size'>, check: Check): Typed {
  const operand = typed(node.operand, check)
  if (!isList(operand.type)) expectType(operand, ['string', 'list of string'], { check, what: 'the operand of size()' })
  return { node: { ...node, operand: operand.node }, type: 'number' }
}

function typedAttribute(ref: AttributeRef, check: Check): Typed & { readonly node: TypedAttributeRef } {
  const schema = attributeSchema(check.schema, ref)
  if (!schema) {
    report(
      check,
      ref.at,
      `${ref.source}.${ref.name} is not an attribute in the catalog: ${attributesOf(check.schema, ref.source)}`,
    )
    return { node: { ...ref, type: 'string' }, type: 'unknown' }
  }
  return { node: { ...ref, type: schema.type }, type: schema.type === 'string_list' ? 'list of string' : schema.type }
}

const mostNamed = 20

/** What can be read of a source, for those who read what cannot. */
function attributesOf(schema: ConditionSchema, source: AttributeSource): string {
  const names = Object.keys(schema[source] ?? {}).sort()
  if (names.length === 0) return `${source} has no attributes here`
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''
  return `${source} has ${names.slice(0, mostNamed).join(', ')}${more}`
}

function typedText(node: Of<'text'>, check: Check): Typed {
  const subject = typed(node.subject, check)
  const argument = typed(node.argument, check)
  expectType(subject, ['string'], { check, what: `the text before .${node.test}()` })
  expectType(argument, ['string'], { check, what: `the argument of ${node.test}()` })
  return { node: { ...node, subject: subject.node, argument: argument.node }, type: 'boolean' }
}

function typedElapsed(node: Of<'elapsed'>, check: Check): Typed {
  const later = typed(node.later, check)
  const earlier = typed(node.earlier, check)
  expectType(later, ['timestamp'], { check, what: 'the left of -' })
  expectType(earlier, ['timestamp'], { check, what: 'the right of -' })
  return { node: { ...node, later: later.node, earlier: earlier.node }, type: 'duration' }
}

function typedQuantifier(node: Of<'quantifier'>, check: Check): Typed {
  const list = typed(node.list, check)
  if (!isList(list.type)) expectType(list, ['list of string'], { check, what: `the list before .${node.quantifier}()` })
  const item = list.type.startsWith('list of ') ? (list.type.slice('list of '.length) as ScalarType) : 'unknown'
  const body = typed(node.body, { ...check, item })
  expectType(body, ['boolean'], { check, what: `the condition of ${node.quantifier}()` })
  return { node: { ...node, list: list.node, body: body.node }, type: 'boolean' }
}

const isList = (type: StaticType): boolean => type === 'empty list' || type.startsWith('list of ')

function typedList(node: Of<'list'>, check: Check): Typed {
  const items = node.items.map((item) => typed(item, check))
  const known = items.filter((item) => item.type !== 'unknown')
  const typedNode: Node<TypedAttributeRef> = { ...node, items: items.map((item) => item.node) }
  const first = known[0]
  if (!first) return { node: typedNode, type: items.length === 0 ? 'empty list' : 'unknown' }
  for (const item of known) {
    if (isList(item.type)) report(check, item.node.at, 'a list of lists is not supported')
    else if (item.type === 'duration') report(check, item.node.at, 'a list of durations is not supported')
    else if (item.type !== first.type)
      report(
        check,
        item.node.at,
        `the items of a list have one type: ${withArticle(first.type)} comes first, this is ${withArticle(item.type)}`,
      )
  }
  return {
    node: typedNode,
    type: isList(first.type) || first.type === 'duration' ? 'unknown' : (`list of ${first.type}` as StaticType),
  }
}

function typedComparison(node: Of<'compare'>, check: Check): Typed {
  const left = typed(node.left, check)
  const right = typed(node.right, check)
  const result: Typed = { node: { ...node, left: left.node, right: right.node }, type: 'boolean' }
  const equality = node.operator === '==' || node.operator === '!='
  const comparable: StaticType[] = equality
    ? ['string', 'number', 'boolean', 'timestamp', 'duration']
    : ['string', 'number', 'timestamp', 'duration']
  expectType(left, comparable, { check, what: `the left of ${node.operator}` })
  expectType(right, comparable, { check, what: `the right of ${node.operator}` })
  const bothComparable = comparable.includes(left.type) && comparable.includes(right.type)
  if (bothComparable && left.type !== right.type) {
    const met = [left.type, right.type]
    const hint = met.includes('duration')
      ? '; write duration("…") for a length of time'
      : met.includes('timestamp')
        ? '; write timestamp("…") for an instant'
        : ''
    report(
      check,
      node.at,
      `${withArticle(left.type)} and ${withArticle(right.type)} cannot be compared with ${node.operator}${hint}`,
    )
  }
  return result
}

function typedMembership(node: Of<'in'>, check: Check): Typed {
  const needle = typed(node.needle, check)
  const haystack = typed(node.haystack, check)
  const result: Typed = { node: { ...node, needle: needle.node, haystack: haystack.node }, type: 'boolean' }
  expectType(needle, ['string', 'number', 'boolean', 'timestamp'], { check, what: 'the left of in' })
  if (haystack.type === 'unknown' || haystack.type === 'empty list' || needle.type === 'unknown' || isList(needle.type))
    return result
  if (!isList(haystack.type))
    report(check, haystack.node.at, `the right of in must be a list, this is ${withArticle(haystack.type)}`)
  else if (haystack.type !== `list of ${needle.type}`)
    report(check, node.at, `${withArticle(needle.type)} is never in ${withArticle(haystack.type)}`)
  return result
}
