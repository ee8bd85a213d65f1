/**
 * Values worth trying for an attribute: those its conditions compare it with, and their neighbours. No proof is needed
 * that they matter, for each is decided with before it is suggested.
 */
import { readAttribute, type AttributeValues, type Value } from '../compile/attributes.ts'
import { isSpent, spend, type Budget } from '../compile/budget.ts'
import { meterOf, type Work } from '../compile/work.ts'
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

/** Words of each kind that are kept: more could not be tried within the steps of one question. */
const mostWords = { texts: 1000, numbers: 256, instants: 64, durations: 16 } as const
const stepsPerWord = 4

/**
 * Present values are taken from `values`, so leave out of it what must not be told. In parts: one for each condition.
 */
export function* vocabularyOf(
  conditions: readonly CheckedNode[],
  { values, budget }: { readonly values: AttributeValues; readonly budget: Budget },
): Work<Vocabulary> {
  const meter = meterOf(budget)
  const attributes = new Map<string, TypedAttributeRef>()
  const words = {
    attributes,
    texts: new Set<string>(),
    numbers: new Set<number>(),
    instants: new Set<number>(),
    durations: new Set<number>(),
  }
  const visit = (node: CheckedNode): void => {
    if (!spend(budget, stepsPerWord)) return
    if (node.kind === 'attribute') attributes.set(`${node.source}.${node.name}`, node)
    collect(node, { words, value: node.kind === 'attribute' ? readAttribute(values, node, budget) : undefined })
    childrenOf(node).forEach(visit)
  }
  for (const condition of conditions) {
    visit(condition)
    yield meter()
    if (isSpent(budget)) break
  }
  return words
}

function collect(node: CheckedNode, { words, value }: { words: Vocabulary; value: Value | undefined }): void {
  if (node.kind === 'instant') keep(words, 'instants', node.epochMs)
  else if (node.kind === 'duration') keep(words, 'durations', node.ms)
  else if (node.kind === 'cidr') keep(words, 'texts', node.network.slice(0, node.network.indexOf('/')))
  else if (node.kind === 'literal') addTo(words, { type: typeof node.value, value: node.value })
  else if (node.kind === 'attribute') addTo(words, { type: node.type, value })
}

function addTo(words: Vocabulary, { type, value }: { type: string; value: Value | undefined }): void {
  if (Array.isArray(value)) for (const item of value as readonly string[]) keep(words, 'texts', item)
  else if (typeof value === 'string') keep(words, 'texts', value)
  else if (typeof value === 'number') keep(words, type === 'timestamp' ? 'instants' : 'numbers', value)
}

function keep<K extends keyof typeof mostWords>(words: Vocabulary, kind: K, word: K extends 'texts' ? string : number) {
  const kept = words[kind] as Set<typeof word>
  if (kept.size < mostWords[kind]) kept.add(word)
}

/** A text no policy has a reason to name. */
const someOther = 'something else'

/** Steps of making a value that may be tried, and of putting it in its place by nearness. */
const stepsPerCandidate = 4

/**
 * Values to try instead of `current`, the nearest first, each made when it is asked for. `undefined`: no value at all.
 */
export function* candidatesFor(
  ref: TypedAttributeRef,
  { words, current, budget }: { words: Vocabulary; current: Value | undefined; budget: Budget },
): Iterable<Value | undefined> {
  if (!spend(budget, stepsPerCandidate * countOf(ref, words))) return
  for (const value of valuesOfType(ref, { words, current })) if (value !== current) yield value
  if (current !== undefined) yield undefined
}

/** How many values are made before the first of them is tried. */
function countOf({ type }: TypedAttributeRef, { texts, numbers, instants, durations }: Vocabulary): number {
  if (type === 'string') return texts.size + numbers.size
  if (type === 'number') return 3 * numbers.size
  return type === 'timestamp' ? 6 * instants.size * (1 + durations.size) : texts.size
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
