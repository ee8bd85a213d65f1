/**
 * From text to IR. Whatever is outside the subset is refused with the construct and its place;
 * nothing is rewritten into something the author did not say.
 */
import type { Ir } from '../ir/condition.ts'
import { positionOf, type Position } from '../ir/position.ts'
import { parseCel } from './cel.ts'
import { findExcess, limits } from './limits.ts'
import { readExpression } from './read-expression.ts'
import { readSourceText } from './source-text.ts'

export type ParseResult =
  { readonly ok: true; readonly ir: Ir } | { readonly ok: false; readonly error: string; readonly position: Position }

/**
 * Parses a condition.
 * @param source at most 2048 bytes of UTF-8, nested at most 32 deep, at most 200 nodes
 */
export function parseCondition(source: string): ParseResult {
  const refuse = (error: string, offset: number): ParseResult => ({
    ok: false,
    error,
    position: positionOf(source, offset),
  })
  if (source.length > limits.sourceBytes || new TextEncoder().encode(source).length > limits.sourceBytes) {
    return refuse(`a condition has at most ${limits.sourceBytes} bytes`, 0)
  }
  const { uncommented, code } = readSourceText(source)
  const excess = findExcess(code)
  if (excess) return refuse(excess.error, excess.offset)
  const parsed = parseCel(uncommented)
  if (!parsed.ok) return refuse(parsed.error, parsed.offset)
  const read = readExpression(parsed.expr, parsed.positions)
  return read.ok ? { ok: true, ir: { version: 1, root: read.node } } : refuse(read.error, read.at)
}
