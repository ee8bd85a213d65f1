/**
 * Random bits for ids, drawn for many of them at once: each draw costs more than the rest of an id. They identify, and
 * nothing about them is secret.
 */
import { randomFillSync } from 'node:crypto'

const drawn = Buffer.alloc(4096)
let used = drawn.length

/** Where the next bytes lie that were given to nobody before. */
function take(bytes: number): number {
  if (used + bytes > drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  used += bytes
  return used - bytes
}

/** 32 random bits, as an unsigned number. */
export const chance32 = (): number => drawn.readUInt32LE(take(4))

/** Random bytes in hexadecimal. */
export function chanceHex(bytes: number): string {
  const at = take(bytes)
  return drawn.toString('hex', at, at + bytes)
}
