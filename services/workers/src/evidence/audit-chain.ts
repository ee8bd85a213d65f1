/**
 * The audit trail as evidence. Each organization has a chain (and what belongs to none has the platform's): a link is
 * the SHA-256 of the link before it and of the record's leaf, so a record that was changed, removed or moved breaks the
 * chain from there on. Pure: made and verified by the same functions.
 */
import { hash } from 'node:crypto'

/** `org_…`, or `platform` for what belongs to no organization. */
export type ChainName = string
export const platformChain: ChainName = 'platform'

/**
 * A record as it is hashed. Where somebody was stands in `personal` as a ciphertext under the key of that person, so
 * the link holds after the key is gone. In clear it stands only where no person is concerned.
 */
export type EvidenceRecord = {
  id: string
  occurred_at: string
  producer: string
  action: string
  outcome: string
  actor: { type: string; id: string | null }
  target: { type: string; id: string }
  organization_id: string | null
  user_id: string | null
  personal: { of: string; sealed: string } | null
  client_address: string | null
  user_agent: string | null
  request_id: string | null
  correlation_id: string
  data: Record<string, unknown>
}

const sha256 = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part))), 'buffer')

/** JSON in its one canonical form (RFC 8785): members in the order of their UTF-16 code units, no white space. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}

/** Leaves, inner nodes, links and beginnings are told apart by their first byte (RFC 9162 §2.1.1). */
export const leafOf = (value: unknown): Buffer => sha256(Buffer.of(0), canonicalJson(value))
const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.of(1), left, right)
export const linkOf = (previous: Uint8Array, record: EvidenceRecord): Buffer =>
  sha256(Buffer.of(2), previous, leafOf(record))
/** What the first link of a chain follows. The name is in it, so no link of one chain stands in another. */
export const beginningOf = (chain: ChainName): Buffer => sha256(Buffer.of(3), `gatehouse audit chain v1\n${chain}`)

/**
 * The root over `leaves`, and for each its path: the siblings from the bottom up. A node without a neighbour moves up
 * as it is.
 */
export function merkleTree(leaves: readonly Buffer[]): { root: Buffer; paths: Buffer[][] } {
  const paths: Buffer[][] = leaves.map(() => [])
  let level = [...leaves]
  for (let height = 0; level.length > 1; height += 1) {
    for (const [leaf, path] of paths.entries()) {
      const sibling = level[(leaf >> height) ^ 1]
      if (sibling !== undefined) path.push(sibling)
    }
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => {
      const [left, right] = level.slice(2 * at, 2 * at + 2) as [Buffer, Buffer?]
      return right === undefined ? left : nodeOf(left, right)
    })
  }
  return { root: level[0] ?? sha256(), paths }
}

/** The root that a leaf's path leads to; undefined when it is no path of that place. */
export function rootFrom(leaf: Buffer, place: { index: number; size: number; path: readonly Buffer[] }) {
  const { index, size, path } = place
  if (index < 0 || index >= size) return undefined
  const siblings = [...path]
  let node = leaf
  for (let [at, width] = [index, size]; width > 1; [at, width] = [at >> 1, Math.ceil(width / 2)]) {
    if ((at ^ 1) >= width) continue
    const sibling = siblings.shift()
    if (sibling === undefined) return undefined
    node = at % 2 === 1 ? nodeOf(sibling, node) : nodeOf(node, sibling)
  }
  return siblings.length === 0 ? node : undefined
}
