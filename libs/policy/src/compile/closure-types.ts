/** What a node of a condition is compiled to. */
import type { AttributeValues, Value } from './attributes.ts'
import type { Budget } from './budget.ts'
import type { Truth } from './truth.ts'

export type TruthClosure = (values: AttributeValues, budget: Budget) => Truth
export type ValueClosure = (values: AttributeValues, budget: Budget) => Value | undefined
