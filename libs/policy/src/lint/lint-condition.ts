/**
 * What is odd about one condition although it is well typed. Findings are advice: a condition with findings still
 * decides.
 */
import { childrenOf, type CheckedIr, type Node, type TypedAttributeRef } from '../ir/condition.ts'
import { isStorableInstant, isStorableText } from '../plan/storable.ts'
import { onlyAnswer } from './possible.ts'

type CheckedNode = Node<TypedAttributeRef>

/**
 * `at` is the offset in the source. `not_filterable`: it decides, but no list can be filtered by it when its resource
 * is open.
 */
export type LintFinding = {
  readonly code: 'always_true' | 'always_false' | 'not_filterable'
  readonly message: string
  readonly at: number
}

export function lintCondition(ir: CheckedIr): LintFinding[] {
  return [...constantParts(ir.root), ...unfilterableParts(ir.root)]
}

/**
 * The outermost parts that have only one answer. A literal within is what its author wrote, so only a whole condition
 * of one is told.
 */
function constantParts(root: CheckedNode): LintFinding[] {
  const findings: LintFinding[] = []
  const visit = (node: CheckedNode): void => {
    const isBoolean = booleanKinds.has(node.kind)
    const answer = isBoolean ? onlyAnswer(node) : undefined
    if (answer !== undefined)
      findings.push({
        code: answer ? 'always_true' : 'always_false',
        message: `${node === root ? 'the condition' : 'this part'} is always ${answer}`,
        at: node.at,
      })
    else childrenOf(node).forEach(visit)
  }
  if (root.kind === 'literal')
    findings.push({
      code: root.value === true ? 'always_true' : 'always_false',
      message: `the condition is always ${root.value}`,
      at: root.at,
    })
  else visit(root)
  return findings
}

const booleanKinds: ReadonlySet<CheckedNode['kind']> = new Set<CheckedNode['kind']>([
  'has',
  'not',
  'and',
  'or',
  'compare',
  'in',
  'text',
  'cidr',
  'quantifier',
])

const readsResource = (node: CheckedNode): boolean =>
  (node.kind === 'attribute' && node.source === 'resource') || childrenOf(node).some(readsResource)
const readsVariable = (node: CheckedNode): boolean => node.kind === 'variable' || childrenOf(node).some(readsVariable)

function unfilterableParts(root: CheckedNode): LintFinding[] {
  const findings: LintFinding[] = []
  const tell = (node: CheckedNode, message: string): void =>
    void findings.push({ code: 'not_filterable', message, at: node.at })
  const visit = (node: CheckedNode, isItemOpen: boolean): void => {
    if (node.kind === 'quantifier') {
      if (node.list.kind === 'attribute' && node.list.source === 'resource')
        return tell(node, `${node.quantifier}() over a list of the resource cannot be a filter`)
      visit(node.list, isItemOpen)
      return visit(node.body, readsResource(node.list))
    }
    if (node.kind === 'cidr' && (readsResource(node.address) || (isItemOpen && readsVariable(node.address))))
      tell(node, 'inCidr() on an attribute of the resource cannot be a filter')
    if (node.kind === 'literal' && typeof node.value === 'string' && !isStorableText(node.value))
      tell(node, 'a text with a NUL or half a surrogate pair cannot be in a filter')
    if (node.kind === 'instant' && !isStorableInstant(node.epochMs))
      tell(node, 'an instant outside the years 1 to 9999 cannot be in a filter')
    for (const child of childrenOf(node)) visit(child, isItemOpen)
  }
  visit(root, false)
  return findings
}
