/**
 * What the platform signs about the audit trail: a JWS (RFC 7515 §3.1) of ES256 whose payload is canonical JSON. Its
 * `typ` sets it apart from every token and from the other kind of statement.
 */
import { verify, type KeyObject } from 'node:crypto'
import { canonicalJson } from './audit-chain.ts'

export const checkpointType = 'gatehouse-audit-checkpoint+jws'
export const exportType = 'gatehouse-audit-export+jws'
export type StatementType = typeof checkpointType | typeof exportType

/** The root over the heads of all chains that had grown. */
export type CheckpointClaims = { root: string; size: number; made_at: string }
/** How far a chain was when it was exported, and from where on it is told. */
export type ExportClaims = { chain: string; after: number; length: number; head: string; exported_at: string }

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** @param sign - makes the base64url of an ES256 signature */
export function createStatement(
  o: { typ: StatementType; kid: string; sign: (input: string) => string },
  claims: CheckpointClaims | ExportClaims,
): string {
  const header = canonicalJson({ alg: 'ES256', kid: o.kid, typ: o.typ })
  const input = `${base64url(header)}.${base64url(canonicalJson(claims))}`
  return `${input}.${o.sign(input)}`
}

/** The claims of a statement of this type that one of `keys` signed; undefined for everything else. */
export function readStatement<T extends CheckpointClaims | ExportClaims>(
  statement: unknown,
  typ: StatementType,
  keys: ReadonlyMap<string, KeyObject>,
): T | undefined {
  if (typeof statement !== 'string') return undefined
  const [head = '', payload = '', signature = '', ...rest] = statement.split('.')
  const header = parse(head)
  const key = keys.get(String(header?.['kid']))
  if (rest.length > 0 || header?.['alg'] !== 'ES256' || header['typ'] !== typ || key === undefined) return undefined
  const input = Buffer.from(`${head}.${payload}`)
  const isSigned = verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  return isSigned ? (parse(payload) as T | undefined) : undefined
}

function parse(part: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  } catch {
    return undefined
  }
}
