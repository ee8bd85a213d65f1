/** The views of `GET /internal/snapshot`: everybody for who rebuilds a projection, recent floors for a gateway that starts. */
import type { SnapshotView } from '@gatehouse/spine/produce/snapshot'
import { listRecentFloors, streamUserStates } from '../store/snapshots.ts'

export const snapshotState: SnapshotView = async (emit, tx) => {
  for await (const state of streamUserStates(tx)) await emit(state)
}

export const snapshotFloors: SnapshotView = async (emit, tx) => {
  for (const floor of await listRecentFloors(tx)) await emit(floor)
}
