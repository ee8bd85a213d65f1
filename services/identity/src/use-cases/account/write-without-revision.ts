/** Writes whose position must not reach the caller: a revision that moves only for new addresses would tell which ones exist. */
import { currentContext, runInContext } from '@gatehouse/service-kit/context/request-context'
import type { Spine } from '@gatehouse/spine/produce/producer'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'

/** One transaction of the system role, announced as any other; `Gatehouse-Revision` stays away. */
export function writeWithoutRevision<T>({ spine }: { spine: Spine }, run: (tx: Tx) => Promise<T>): Promise<T> {
  const context = currentContext()
  const write = (): Promise<T> => spine.write({}, run, { db: 'system' })
  return context === undefined ? write() : runInContext({ ...context, revisions: new Map() }, write)
}
