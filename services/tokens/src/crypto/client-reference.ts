/** Events and the API name a client by a TypeID, also one that has only an address. */
import { createHash } from 'node:crypto'
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'

/** An id for what has only an address: made of it, so that it is the same everywhere (RFC 9562 §5.8). */
export function referenceTo(url: string): string {
  const bytes = createHash('sha256').update(url).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return typeIdOf('client', parts.join('-'))
}
