/** What a reader of tokens loads before it follows the events: live sessions, or the floors a starting gateway needs. */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { listActiveSessions, listRecentFloors } from '../store/sessions.ts'
import { listVoidedKeyIds } from '../store/signing-keys.ts'

type Emit = (record: object) => Promise<void>

/** Twice the life of an access token: longer than TTL and leeway, by database time. */
const floorsSeconds = 600
const pageRows = 1000

export async function snapshotState(emit: Emit, tx: Tx): Promise<void> {
  let afterId: string | undefined
  for (;;) {
    const page = await listActiveSessions(tx, { afterId, limit: pageRows })
    for (const { id, userId, status, version, minVersion } of page) {
      await emit({ kind: 'session', id, user_id: userId, status, version, min_version: minVersion })
    }
    afterId = page.at(-1)?.id
    if (page.length < pageRows) return
  }
}

export async function snapshotFloors(emit: Emit, tx: Tx): Promise<void> {
  for (const { id, status, minVersion } of await listRecentFloors(tx, floorsSeconds)) {
    await emit({ kind: 'session', id, ...(status === 'ended' && { ended: true }), min_version: minVersion })
  }
  for (const id of await listVoidedKeyIds(tx)) await emit({ kind: 'kid', id, void: true })
}
