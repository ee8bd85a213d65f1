/**
 * Many askers, few runs: an asker is answered by a run that began after it asked, and at most one run waits behind the
 * one under way. A run belongs to nobody: it happens outside of every asker's ambient context, so no request's deadline
 * or ids are in it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Wraps `run` so that concurrent calls share its runs without ever sharing one that had already begun. */
export function coalesce<T>(run: () => Promise<T>): () => Promise<T> {
  const outside = AsyncLocalStorage.snapshot()
  let underway: Promise<unknown> | undefined
  let waiting: Promise<T> | undefined
  const begin = (): Promise<T> => {
    waiting = undefined
    const result = outside(run)
    const settled = result.then(
      () => {},
      () => {},
    )
    underway = settled
    void settled.then(() => {
      if (underway === settled) underway = undefined
    })
    return result
  }
  return () => {
    if (underway === undefined) return begin()
    waiting ??= underway.then(begin)
    return waiting
  }
}
