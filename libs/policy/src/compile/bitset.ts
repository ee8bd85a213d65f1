/** Small sets of role numbers as bits: membership of a permission in any of a subject's roles is a few ANDs. */

export type Bitset = Uint32Array

export const emptyBitset = (size: number): Bitset => new Uint32Array(Math.max(1, Math.ceil(size / 32)))

export function addBit(set: Bitset, bit: number): void {
  set[bit >>> 5]! |= 1 << (bit & 31)
}

/** The smallest bit in both sets, or -1. */
export function firstCommonBit(left: Bitset, right: Bitset): number {
  const words = Math.min(left.length, right.length)
  for (let word = 0; word < words; word++) {
    const common = left[word]! & right[word]!
    if (common !== 0) return word * 32 + (31 - Math.clz32(common & -common))
  }
  return -1
}

/** A new set with the bits of both. */
export function unionOf(left: Bitset, right: Bitset): Bitset {
  const union = new Uint32Array(Math.max(left.length, right.length))
  union.set(left)
  right.forEach((word, index) => {
    union[index]! |= word
  })
  return union
}

export const hasBit = (set: Bitset, bit: number): boolean => ((set[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0

/** A new set with the bit turned on or off. */
export function withBit(set: Bitset, { bit, on }: { bit: number; on: boolean }): Bitset {
  const changed = new Uint32Array(Math.max(set.length, (bit >>> 5) + 1))
  changed.set(set)
  if (on) changed[bit >>> 5]! |= 1 << (bit & 31)
  else changed[bit >>> 5]! &= ~(1 << (bit & 31))
  return changed
}
