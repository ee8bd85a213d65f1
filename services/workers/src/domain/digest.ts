/** The daily mail of notifications: whose, of which span of time, and what it names. */
import type { NotificationKind } from '@gatehouse/contracts/http/workers/notifications'

export type DueDigest = { userId: string; since: string; until: string }

/** The newest of the unread notifications, and how many there are. */
export type Digest = { notices: { kind: NotificationKind; data: Record<string, unknown> }[]; count: number }
