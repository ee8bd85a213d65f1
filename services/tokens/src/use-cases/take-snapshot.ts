/**
 * What a reader of tokens loads before it follows the events: live sessions, the service accounts, or what a starting
 * gateway needs: floors, and the origins of clients.
 */
import type { SnapshotView, SnapshotViews } from '@gatehouse/spine/produce/snapshot'
import { listRecentKeyFloors } from '../store/api-keys.ts'
import { listClientOrigins } from '../store/oauth-clients.ts'
import { listAllServiceAccounts, listRecentAccountFloors } from '../store/service-accounts.ts'
import { listActiveSessions, listRecentFloors } from '../store/sessions.ts'
import { listVoidedKeyIds } from '../store/signing-keys.ts'

/** Twice the life of an access token: longer than TTL and leeway, by database time. */
const floorsSeconds = 600
const pageRows = 1000

const state: SnapshotView = async (emit, tx) => {
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

const serviceAccounts: SnapshotView = async (emit, tx) => {
  let afterId: string | undefined
  for (;;) {
    const page = await listAllServiceAccounts(tx, { afterId, limit: pageRows })
    for (const { id, orgId, status, version } of page)
      await emit({ kind: 'service_account', id, organization_id: orgId, status, version })
    afterId = page.at(-1)?.id
    if (page.length < pageRows) return
  }
}

/** A key is to its access tokens what a session is, and its account what a person is. */
const floors: SnapshotView = async (emit, tx) => {
  for (const { id, status, minVersion } of await listRecentFloors(tx, floorsSeconds)) {
    await emit({ kind: 'session', id, ...(status === 'ended' && { ended: true }), min_version: minVersion })
  }
  for (const { id, minVersion } of await listRecentKeyFloors(tx, floorsSeconds))
    await emit({ kind: 'session', id, ended: true, min_version: minVersion })
  for (const { id, minVersion } of await listRecentAccountFloors(tx, floorsSeconds))
    await emit({ kind: 'user', id, min_version: minVersion })
  for (const { id, orgId, isFirstParty, allowedOrigins } of await listClientOrigins(tx))
    await emit({
      kind: 'client_origins',
      id,
      organization_id: orgId,
      first_party: isFirstParty,
      allowed_origins: allowedOrigins,
    })
  for (const id of await listVoidedKeyIds(tx)) await emit({ kind: 'kid', id, void: true })
}

export const snapshots: SnapshotViews = { state, floors, 'service-accounts': serviceAccounts }
