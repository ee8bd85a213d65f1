/**
 * The intermediate representation of a condition: what the checker types, the compiler turns into closures and later
 * readers (explanations, SQL filters) walk. Plain JSON, so it is stored beside the source it came from.
 * Every node knows the offset in the source it stands for.
 */

/** Where attribute values come from. */
export const attributeSources = ['user', 'organization', 'membership', 'resource', 'request', 'action'] as const
export type AttributeSource = (typeof attributeSources)[number]

/** Types an attribute can have. Numbers are IEEE 754 doubles: there is one numeric type. */
export type AttributeType = 'string' | 'number' | 'boolean' | 'timestamp' | 'string_list'

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>='
export type TextTest = 'startsWith' | 'endsWith' | 'contains'
export type Quantifier = 'exists' | 'all'

/** An attribute as written. */
export type AttributeRef = {
  readonly kind: 'attribute'
  readonly at: number
  readonly source: AttributeSource
  readonly name: string
}
/** An attribute whose type the schema gave. */
export type TypedAttributeRef = AttributeRef & { readonly type: AttributeType }

/** `A` is the kind of attribute reference the tree holds: untyped after parsing, typed after checking. */
export type Node<A extends AttributeRef = AttributeRef> =
  | A
  | { readonly kind: 'literal'; readonly at: number; readonly value: string | number | boolean }
  /** A constant instant, in milliseconds since the epoch. */
  | { readonly kind: 'instant'; readonly at: number; readonly epochMs: number }
  | { readonly kind: 'list'; readonly at: number; readonly items: readonly Node<A>[] }
  | { readonly kind: 'has'; readonly at: number; readonly attribute: A }
  | { readonly kind: 'not'; readonly at: number; readonly operand: Node<A> }
  | { readonly kind: 'and' | 'or'; readonly at: number; readonly operands: readonly Node<A>[] }
  | {
      readonly kind: 'compare'
      readonly at: number
      readonly operator: CompareOperator
      readonly left: Node<A>
      readonly right: Node<A>
    }
  | { readonly kind: 'in'; readonly at: number; readonly needle: Node<A>; readonly haystack: Node<A> }
  | {
      readonly kind: 'text'
      readonly at: number
      readonly test: TextTest
      readonly subject: Node<A>
      readonly argument: Node<A>
    }
  | { readonly kind: 'size'; readonly at: number; readonly operand: Node<A> }
  /** A constant length of time, in milliseconds. */
  | { readonly kind: 'duration'; readonly at: number; readonly ms: number }
  /** `later - earlier` of two timestamps: a length of time, negative when they are the other way round. */
  | { readonly kind: 'elapsed'; readonly at: number; readonly later: Node<A>; readonly earlier: Node<A> }
  /** Whether an address is in a constant network. */
  | { readonly kind: 'cidr'; readonly at: number; readonly address: Node<A>; readonly network: string }
  /** `list.exists(variable, body)` or `list.all(variable, body)`; never within another one. */
  | {
      readonly kind: 'quantifier'
      readonly at: number
      readonly quantifier: Quantifier
      readonly variable: string
      readonly list: Node<A>
      readonly body: Node<A>
    }
  /** The item a quantifier is at; there is only one in reach. */
  | { readonly kind: 'variable'; readonly at: number; readonly name: string }

/** A parsed condition. `version` names the shape, so that stored ones can be told apart. */
export type Ir = { readonly version: 1; readonly root: Node }
/** A parsed and type-checked condition: a boolean over known attributes. */
export type CheckedIr = { readonly version: 1; readonly root: Node<TypedAttributeRef> }

/** The nodes directly below. */
export function childrenOf<A extends AttributeRef>(node: Node<A>): readonly Node<A>[] {
  switch (node.kind) {
    case 'attribute':
    case 'literal':
    case 'instant':
    case 'duration':
    case 'variable':
      return []
    case 'list':
      return node.items
    case 'has':
      return [node.attribute]
    case 'not':
    case 'size':
      return [node.operand]
    case 'and':
    case 'or':
      return node.operands
    case 'compare':
      return [node.left, node.right]
    case 'in':
      return [node.needle, node.haystack]
    case 'text':
      return [node.subject, node.argument]
    case 'elapsed':
      return [node.later, node.earlier]
    case 'cidr':
      return [node.address]
    case 'quantifier':
      return [node.list, node.body]
  }
}
