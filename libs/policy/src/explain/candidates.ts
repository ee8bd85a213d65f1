/**
 * Values worth trying for an attribute: those its conditions compare it with, and their neighbours. No proof is needed that they matter,
 * for each is decided with before it is suggested.
 */
import { readAttribute, type AttributeValues, type Value } from '../compile/attributes.ts'
import type { Budget } from '../compile/budget.ts'
import { childrenOf, type Node, type TypedAttributeRef } from '../ir/condition.ts'

type CheckedNode = Node<TypedAttributeRef>
/** What conditions speak of: their attributes, each once, and their constants and present values by kind. */
export type Vocabulary = {
  readonly attributes: ReadonlyMap<string, TypedAttributeRef>
  readonly texts: Set<string>
  readonly numbers: Set<number>
  readonly instants: Set<number>
  readonly durations: Set<number>
}

/** Present values are taken from `values`, so leave out of it what must not be told. */
export function vocabularyOf(
  conditions: readonly CheckedNode[],
  { values, budget }: { readonly values: AttributeValues; readonly budget: Budget },
): Vocabulary {
  const attributes = new Map<string, TypedAttributeRef>()
  const words = {
    attributes,
    texts: new Set<string>(),
    numbers: new Set<number>(),
    instants: new Set<number>(),
    durations: new Set<number>(),
  }
  const visit = (node: CheckedNode): void => {
    if (node.kind === 'attribute') attributes.set(`${node.source}.${node.name}`, node)
    collect(node, { words, value: node.kind === 'attribute' ? readAttribute(values, node, budget) : undefined })
    childrenOf(node).forEach(visit)
  }
  conditions.forEach(visit)
  return words
}

function collect(node: CheckedNode, { words, value }: { words: Vocabulary; value: Value | undefined }): void {
  if (node.kind === 'instant') words.instants.add(node.epochMs)
  else if (node.kind === 'duration') words.durations.add(node.ms)
  else if (node.kind === 'cidr') words.texts.add(node.network.slice(0, node.network.indexOf('/')))
  else if (node.kind === 'literal') addTo(words, { type: typeof node.value, value: node.value })
  else if (node.kind === 'attribute') addTo(words, { type: node.type, value })
}

function addTo(words: Vocabulary, { type, value }: { type: string; value: Value | undefined }): void {
  if (Array.isArray(value)) value.forEach((item: string) => words.texts.add(item))
  else if (typeof value === 'string') words.texts.add(value)
  else if (typeof value === 'number') (type === 'timestamp' ? words.instants : words.numbers).add(value)
}

/** A text no policy has a reason to name. */
const someOther = 'something else'

/** Values to try instead of `current`, the nearest first, each made when it is asked for. `undefined`: no value at all. */
export function* candidatesFor(
  ref: TypedAttributeRef,
  { words, current }: { words: Vocabulary; current: Value | undefined },
): Iterable<Value | undefined> {
  for (const value of valuesOfType(ref, { words, current })) if (value !== current) yield value
  if (current !== undefined) yield undefined
}

function valuesOfType(
  ref: TypedAttributeRef,
  { words, current }: { words: Vocabulary; current: Value | undefined },
): Iterable<Value> {
  switch (ref.type) {
    case 'boolean':
      return [true, false]
    case 'string':
      return [
        ...words.texts,
        ...[...words.numbers].filter((size) => size > 0 && size <= 256).map((size) => 'x'.repeat(size)),
        someOther,
        '',
      ]
    case 'number':
      return nearest(
        [...words.numbers].flatMap((value) => [value, value - 1, value + 1]),
        current,
      )
    case 'timestamp': {
      const moved = [0, ...words.durations].flatMap((ms) =>
        [...words.instants].flatMap((instant) => [instant + ms, instant - ms]),
      )
      return nearest(
        moved.flatMap((instant) => [instant, instant - 1, instant + 1]),
        current,
      )
    }
    case 'string_list':
      return listsNear(Array.isArray(current) ? (current as readonly string[]) : [], words.texts)
  }
}

/** One text more, one item fewer, nothing. Made one by one: all of them together are the square of the list. */
function* listsNear(items: readonly string[], texts: Iterable<string>): Iterable<readonly string[]> {
  const present = new Set(items)
  for (const text of [...texts, someOther]) if (!present.has(text)) yield [...items, text]
  for (const index of items.keys()) yield items.toSpliced(index, 1)
  yield []
}

const nearest = (values: readonly number[], current: Value | undefined): number[] => {
  const from = typeof current === 'number' ? current : 0
  return [...new Set(values)].sort((a, b) => Math.abs(a - from) - Math.abs(b - from))
}
