/** Random bits for ids, drawn for many of them at once: each draw costs more than the rest of an id. They identify, and nothing about them is secret. */
import { randomFillSync } from 'node:crypto'

const drawn = new Uint32Array(1024)
let used = drawn.length

/** 32 random bits that were given to nobody before, as an unsigned number. */
export function chance32(): number {
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  return drawn[used++] as number
}
