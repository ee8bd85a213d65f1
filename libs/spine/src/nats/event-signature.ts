/**
 * Signatures of events on the bus. A producer signs what it publishes together with one ES256 signature of its service
 * key, over the root of a Merkle tree (RFC 9162 §2.1) whose leaves are the messages; each message carries the signature
 * and its path to the root. So a burst costs one signature for many events, and a reader checks that signature once and
 * a few hashes for each event.
 */
import { createPrivateKey, hash, sign, verify, type KeyObject } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { publicKeysOf, type Jwk, type Jwks } from '@gatehouse/access/tokens/jwks-source'

export type EventSigner = {
  /** The signature of each payload, in their order. */
  sign(payloads: readonly string[]): string[]
}

export type EventVerifier = {
  /** Whether `producer` signed exactly these bytes. */
  isSignedBy(producer: ServiceName, payload: Uint8Array, signature: string): boolean
}

export type EventKeys = { signer: EventSigner; verifier: EventVerifier }

/** NATS header of a published event. */
export const signatureHeader = 'Gatehouse-Signature'

/** Sets these signatures apart from every other use of a service key: no JWT begins like this. */
const context = Buffer.from('gatehouse event batch v1\n')
const hashBytes = 32
/** More levels than any batch has; bounds the work for a forged path. */
const mostLevels = 16
const form = /^([a-z0-9-]{1,64})\.(\d{1,5})\.(\d{1,5})\.([A-Za-z0-9_-]{86})\.([A-Za-z0-9_-]{0,700})$/

const sha256 = (data: Uint8Array): Buffer => hash('sha256', data, 'buffer')
/** Leaves and inner nodes are told apart by their first byte (RFC 9162 §2.1.1). */
const leafOf = (payload: Uint8Array): Buffer => sha256(Buffer.concat([Buffer.of(0), payload]))
const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.concat([Buffer.of(1), left, right]))
const siblingOf = (index: number): number => index ^ 1

/** `SERVICE_PRIVATE_KEY` and `SERVICE_JWKS` of a service, as for its assertions. */
export function loadEventKeys(config: { SERVICE_PRIVATE_KEY: string; SERVICE_JWKS: string }): EventKeys {
  return {
    signer: createEventSigner(JSON.parse(config.SERVICE_PRIVATE_KEY) as Jwk),
    verifier: createEventVerifier(JSON.parse(config.SERVICE_JWKS) as Jwks),
  }
}

export function createEventSigner(privateJwk: Jwk): EventSigner {
  const key = createPrivateKey({ key: privateJwk as never, format: 'jwk' })
  return {
    sign: (payloads) => {
      if (payloads.length === 0) return []
      const levels = levelsOf(payloads.map((payload) => leafOf(Buffer.from(payload))))
      const root = levels.at(-1)?.[0] as Buffer
      const proof = sign('sha256', Buffer.concat([context, root]), { key, dsaEncoding: 'ieee-p1363' })
      return payloads.map((_, index) =>
        [
          privateJwk.kid,
          index,
          payloads.length,
          proof.toString('base64url'),
          Buffer.concat(pathOf(levels, index)).toString('base64url'),
        ].join('.'),
      )
    },
  }
}

/** From the leaves to the root; a node without a neighbour moves up as it is. */
function levelsOf(leaves: Buffer[]): Buffer[][] {
  const levels = [leaves]
  for (let level = leaves; level.length > 1; levels.push(level)) {
    const below = level
    level = Array.from({ length: Math.ceil(below.length / 2) }, (_, at) => {
      const [left, right] = below.slice(2 * at, 2 * at + 2) as [Buffer, Buffer?]
      return right === undefined ? left : nodeOf(left, right)
    })
  }
  return levels
}

const pathOf = (levels: Buffer[][], leaf: number): Buffer[] =>
  levels.slice(0, -1).flatMap((level, height) => level[siblingOf(leaf >> height)] ?? [])

/** @param jwks - the pinned public keys of all services; a `kid` is `<service>` or `<service>-<anything>` */
export function createEventVerifier(jwks: Jwks): EventVerifier {
  const keys = publicKeysOf(jwks)
  /** Of the last batch that held: its other events follow. */
  let known: { kid: string; proof: string; root: Buffer } | undefined
  const isRootSigned = (key: KeyObject, batch: { kid: string; proof: string; root: Buffer }): boolean => {
    if (known?.kid === batch.kid && known.proof === batch.proof && known.root.equals(batch.root)) return true
    const signed = Buffer.concat([context, batch.root])
    const proof = Buffer.from(batch.proof, 'base64url')
    if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, proof)) return false
    known = batch
    return true
  }
  return {
    isSignedBy: (producer, payload, signature) => {
      const [, kid = '', index, size, proof = '', path = ''] = form.exec(signature) ?? []
      const key = kid.split('-', 1)[0] === producer ? keys.get(kid) : undefined
      if (key === undefined) return false
      const place = { index: Number(index), size: Number(size), path: Buffer.from(path, 'base64url') }
      const root = rootFrom(leafOf(payload), place)
      return root !== undefined && isRootSigned(key, { kid, proof, root })
    },
  }
}

/** The root that the path leads to; undefined when it is not a path of that place. */
function rootFrom(leaf: Buffer, { index, size, path }: { index: number; size: number; path: Buffer }) {
  if (index >= size || path.length % hashBytes !== 0 || path.length > mostLevels * hashBytes) return undefined
  let node = leaf
  let used = 0
  for (let [at, width] = [index, size]; width > 1; [at, width] = [at >> 1, Math.ceil(width / 2)]) {
    if (siblingOf(at) >= width) continue
    const sibling = path.subarray(used, (used += hashBytes))
    if (sibling.length < hashBytes) return undefined
    node = at % 2 === 1 ? nodeOf(sibling, node) : nodeOf(node, sibling)
  }
  return used === path.length ? node : undefined
}
