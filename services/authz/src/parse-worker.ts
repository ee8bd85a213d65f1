/** Parses conditions in a thread of its own: one of 2 kB takes some milliseconds, and a document may have hundreds. */
import { parseCondition, type ParseResult } from '@gatehouse/policy/parse/parse-condition'

export const parseAll = (sources: readonly string[]): ParseResult[] => sources.map(parseCondition)
