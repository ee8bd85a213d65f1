/**
 * A budget bounds the work of decisions by counting it, never by a clock: the same question costs the same number of
 * steps everywhere. A step is about one node evaluated, one item of a list walked, or a stretch of text compared (some
 * ten nanoseconds).
 *
 * How callers use it: make one budget per request with `createBudget(steps)` and pass it to every `decide`, `explain`,
 * `plan` and `suggestChanges` of that request; lists that several questions share are then read once. After each call
 * ask `isSpent(budget)`: a spent budget means that the answer is not known, and the request ends with the problem
 * `evaluation_too_expensive`. Every call made with a spent budget returns at once and refuses, so a caller that forgets
 * to ask is closed, not open. Without a budget, a call gets `stepsPerEvaluation`. `stepsTaken` counts for tests,
 * metrics and for yielding to others between the questions of a batch.
 */

/**
 * Steps one decision may take when its caller states no budget. The most a policy can be saved with is half of it
 * (`worstSteps`).
 */
export const stepsPerEvaluation = 200_000

/** Items a caller may state in one list; what a policy may cost at most is estimated with lists of this length. */
export const longestStatedList = 1000

/** What is known of a list, once per budget: whether it holds texts only and, when asked for, its items as a set. */
type ListFacts = { readonly isOfTexts: boolean; members: ReadonlySet<string> | undefined }

export type Budget = {
  readonly steps: number
  /** Below zero: spent. */
  left: number
  lists: Map<readonly unknown[], ListFacts> | undefined
}

export const createBudget = (steps: number): Budget => ({ steps, left: steps, lists: undefined })

/** Whether an evaluation was stopped: what it answered does not count. */
export const isSpent = (budget: Budget): boolean => budget.left < 0

export const stepsTaken = (budget: Budget): number => budget.steps - budget.left

/** Whether the steps were there. */
export function spend(budget: Budget, steps: number): boolean {
  budget.left -= steps
  return budget.left >= 0
}

/** Up to this length walking a list is cheaper than remembering anything about it. */
const shortList = 8

const isText = (item: unknown): item is string => typeof item === 'string'

/** The value as a list of texts, or undefined. A long list is walked once per budget, however often it is read. */
export function textsOf(value: unknown, budget: Budget): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  if (value.length <= shortList) return spend(budget, value.length) && value.every(isText) ? value : undefined
  return factsOf(value, budget)?.isOfTexts ? value : undefined
}

function factsOf(list: readonly unknown[], budget: Budget): ListFacts | undefined {
  const known = budget.lists?.get(list)
  if (known) return known
  if (!spend(budget, list.length)) return undefined
  const facts: ListFacts = { isOfTexts: list.every(isText), members: undefined }
  budget.lists ??= new Map()
  budget.lists.set(list, facts)
  return facts
}

/**
 * Whether a list that `textsOf` gave has the item. A long list is hashed once per budget, so asking for each item of
 * another is linear.
 */
export function hasText(list: readonly string[], item: string, budget: Budget): boolean {
  if (list.length <= shortList) {
    budget.left -= list.length * (1 + stepsOfText(item))
    return list.includes(item)
  }
  const facts = factsOf(list, budget)
  if (!facts) return false
  if (!facts.members) {
    if (!spend(budget, list.length)) return false
    facts.members = new Set(list)
  }
  return facts.members.has(item)
}

/**
 * Steps of comparing a text for equality, beyond the one of the comparison: the machine compares hundreds of bytes at a
 * time.
 */
export const stepsOfText = (value: unknown): number => (typeof value === 'string' ? value.length >>> 8 : 0)

/** Steps of walking a text by character. */
export const stepsOfCharacters = (length: number): number => length >>> 4

/** Steps of looking for one text in another. The search can meet every pair of characters, so the product counts. */
export const stepsOfSearch = (text: string, part: string): number =>
  part.length > text.length ? 0 : Math.floor((text.length * part.length) / 32)
