/**
 * One question a second to each producer, whoever follows it in this process: how far are you? A follower that is there
 * already is current as of that question and asks nothing of its own, so a quiet platform pays for one probe by process
 * and producer instead of one by reader.
 */
import { onBeat } from './beat.ts'
import { afterEverything, type SpineClient } from './spine-client.ts'

export type Head = { epoch: string; head: number }

export type HeadListener = {
  /** The question is about to be sent: what is answered holds as of now. */
  asking(): void
  answered(head: Head): void
  failed(error: unknown): void
}

export const defaultPollMs = 1000

type Watch = { listen(listener: HeadListener): () => void }

const watches = new WeakMap<SpineClient, Map<number, Watch>>()

/** Tells `listener` of every question through `client` from now on. Returns how to stop listening. */
export function watchHead(client: SpineClient, pollMs: number | undefined, listener: HeadListener): () => void {
  const everyMs = pollMs ?? defaultPollMs
  const ofClient = watches.get(client) ?? new Map<number, Watch>()
  watches.set(client, ofClient)
  const watch = ofClient.get(everyMs) ?? createWatch(client, everyMs)
  ofClient.set(everyMs, watch)
  return watch.listen(listener)
}

function createWatch(client: SpineClient, everyMs: number): Watch {
  const listeners = new Set<HeadListener>()
  let stopBeat: (() => void) | undefined
  let isUnderway = false
  const ask = async (): Promise<void> => {
    if (isUnderway) return
    isUnderway = true
    const asked = [...listeners]
    for (const listener of asked) listener.asking()
    const present = (): HeadListener[] => asked.filter((listener) => listeners.has(listener))
    try {
      const { epoch, head } = await client.changes({ after: afterEverything })
      for (const listener of present()) listener.answered({ epoch, head })
    } catch (error) {
      for (const listener of present()) listener.failed(error)
    } finally {
      isUnderway = false
    }
  }
  return {
    listen: (listener) => {
      listeners.add(listener)
      stopBeat ??= onBeat(everyMs, () => void ask())
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stopBeat?.()
        stopBeat = undefined
      }
    },
  }
}
