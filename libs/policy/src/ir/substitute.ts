/** Puts an item in the place of a quantifier's variable, so that each item can be looked at on its own. */
import type { AttributeRef, Node } from './condition.ts'

/**
 * The body of a quantifier with `item` wherever its variable stood. Quantifiers do not nest, so there is one variable.
 */
export function withItem<A extends AttributeRef>(node: Node<A>, item: Node<A>): Node<A> {
  const below = (child: Node<A>): Node<A> => withItem(child, item)
  switch (node.kind) {
    case 'variable':
      return item
    case 'attribute':
    case 'has':
    case 'literal':
    case 'instant':
    case 'duration':
    case 'quantifier':
      return node
    case 'list':
      return { ...node, items: node.items.map(below) }
    case 'not':
    case 'size':
      return { ...node, operand: below(node.operand) }
    case 'and':
    case 'or':
      return { ...node, operands: node.operands.map(below) }
    case 'compare':
      return { ...node, left: below(node.left), right: below(node.right) }
    case 'in':
      return { ...node, needle: below(node.needle), haystack: below(node.haystack) }
    case 'text':
      return { ...node, subject: below(node.subject), argument: below(node.argument) }
    case 'elapsed':
      return { ...node, later: below(node.later), earlier: below(node.earlier) }
    case 'cidr':
      return { ...node, address: below(node.address) }
  }
}
