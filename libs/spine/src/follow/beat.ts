/**
 * One timer of a process for everything that is asked at the same interval, at whole multiples of the interval by the
 * clock on the wall. A processor that wakes once and asks three questions pays for little more than one of them, and a
 * producer that is asked by everybody at the same moment answers several from one statement.
 */

type Beat = { readonly listeners: Set<() => void>; timer: NodeJS.Timeout }

const beats = new Map<number, Beat>()

/** Calls `listener` once in every `everyMs`, in the same turn as all others of that interval. Returns how to stop. */
export function onBeat(everyMs: number, listener: () => void): () => void {
  const beat = beats.get(everyMs) ?? begin(everyMs)
  beat.listeners.add(listener)
  return () => {
    beat.listeners.delete(listener)
    if (beat.listeners.size > 0 || beats.get(everyMs) !== beat) return
    clearTimeout(beat.timer)
    beats.delete(everyMs)
  }
}

function begin(everyMs: number): Beat {
  const listeners = new Set<() => void>()
  const next = (): NodeJS.Timeout => setTimeout(strike, untilNext(everyMs, Date.now()))
  const strike = (): void => {
    beat.timer = next()
    for (const listener of [...listeners]) listener()
  }
  const beat: Beat = { listeners, timer: next() }
  beats.set(everyMs, beat)
  return beat
}

/**
 * Milliseconds until the next multiple of `everyMs`, or the one after it where that is too near: a timer that came a
 * millisecond early or half an interval late has had its turn. Whatever is done to the clock on the wall, the answer is
 * between half an interval and one and a half.
 */
export function untilNext(everyMs: number, nowMs: number): number {
  const leftMs = everyMs - (nowMs % everyMs)
  return leftMs < everyMs / 2 ? leftMs + everyMs : leftMs
}
