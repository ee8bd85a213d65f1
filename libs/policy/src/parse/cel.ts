/** The one door to the CEL parser. It runs when a policy is saved and never when one is checked. */
import { parse } from '@bufbuild/cel'

/** A node of the parser's tree, as far as it is read here. */
export type CelExpr = ReturnType<typeof parse>['expr']
/** Offsets of nodes by node id. */
export type CelPositions = { readonly [id: string]: number }

export type CelResult =
  | { readonly ok: true; readonly expr: CelExpr; readonly positions: CelPositions }
  | { readonly ok: false; readonly error: string; readonly offset: number }

type SyntaxFailure = {
  readonly location: { readonly start: { readonly offset: number } }
  readonly found?: string | null
}

const isSyntaxFailure = (thrown: unknown): thrown is SyntaxFailure =>
  typeof thrown === 'object' && thrown !== null && 'location' in thrown

/** Parses CEL text. Syntax errors are results; they name the character the parser stopped at. */
export function parseCel(source: string): CelResult {
  try {
    const { expr, sourceInfo } = parse(source)
    return { ok: true, expr, positions: sourceInfo?.positions ?? {} }
  } catch (thrown) {
    if (!isSyntaxFailure(thrown))
      return { ok: false, error: thrown instanceof Error ? thrown.message : 'not an expression', offset: 0 }
    const found =
      thrown.found === '' || thrown.found === undefined || thrown.found === null
        ? 'end of the expression'
        : `"${thrown.found}"`
    return { ok: false, error: `unexpected ${found}`, offset: thrown.location.start.offset }
  }
}
