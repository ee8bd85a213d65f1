/**
 * Writes whose position must not reach the caller: a revision that moves only for some addresses would tell which ones
 * exist.
 */
import { currentContext, runInContext, withOwnRevisions } from '@gatehouse/service-kit/context/request-context'
import type { Spine } from '@gatehouse/spine/produce/producer'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'

/**
 * One transaction of the system role. The answer waits for its commit and not for its announcement, and carries no
 * `Gatehouse-Revision`.
 */
export function writeWithoutRevision<T>({ spine }: { spine: Spine }, run: (tx: Tx) => Promise<T>): Promise<T> {
  const context = currentContext()
  const write = (): Promise<T> => spine.write({}, run, { db: 'system', announce: 'later' })
  return context === undefined ? write() : runInContext(withOwnRevisions(context), write)
}
