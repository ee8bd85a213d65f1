/** `x in [a, b]` over items that were compiled with the condition: constants, or values of their own. */
import type { AttributeValues, Value } from './attributes.ts'
import { stepsOfText, type Budget } from './budget.ts'
import type { TruthClosure, ValueClosure } from './closure-types.ts'
import type { Truth } from './truth.ts'

/** Up to this many are compared one by one, quicker than hashing the needle; more are hashed when compiling. */
const fewConstants = 8

/** Whether the value is one of the constants; unknown when it is. */
export function membershipOfConstants(needle: ValueClosure, constants: ReadonlySet<Value>): TruthClosure {
  if (constants.size === 0) return () => false
  if (constants.size <= fewConstants) {
    const few = [...constants]
    return (values, budget) => {
      const value = needle(values, budget)
      return value === undefined ? undefined : isOneOf(few, value)
    }
  }
  return (values, budget) => {
    const value = needle(values, budget)
    return value === undefined ? undefined : constants.has(value)
  }
}

function isOneOf(items: readonly Value[], value: Value): boolean {
  for (const item of items) if (item === value) return true
  return false
}

type Items = {
  readonly items: readonly ValueClosure[]
  readonly values: AttributeValues
  readonly budget: Budget
}

/** The items are part of the condition, so they were charged with it. */
export function anyEqual(needle: Value | undefined, { items, values, budget }: Items): Truth {
  if (needle === undefined) return items.length === 0 ? false : undefined
  let result: Truth = false
  budget.left -= items.length * stepsOfText(needle)
  for (const item of items) {
    const value = item(values, budget)
    if (value === undefined) result = undefined
    else if (value === needle) return true
  }
  return result
}
