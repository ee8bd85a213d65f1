/**
 * The views of `GET /internal/snapshot`: everybody for who rebuilds a projection, recent floors for a gateway that
 * starts.
 */
import type { SnapshotView, SnapshotViews } from '@gatehouse/spine/produce/snapshot'
import { listRecentFloors, streamUserStates } from '../store/snapshots.ts'

const state: SnapshotView = async (emit, tx) => {
  for await (const record of streamUserStates(tx)) await emit(record)
}

const floors: SnapshotView = async (emit, tx) => {
  for (const floor of await listRecentFloors(tx)) await emit(floor)
}

export const snapshots: SnapshotViews = { state, floors }
