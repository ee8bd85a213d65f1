/**
 * What voids access tokens before they expire: ended sessions, versions below a floor, voided signing keys. Small by
 * design: a floor older than any token that could still be alive is forgotten. Versions are compared with versions,
 * never clocks with clocks.
 */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import { SessionEnded } from '@gatehouse/contracts/events/tokens/session'
import { SigningKeyVoided } from '@gatehouse/contracts/events/tokens/signing-key'

export type FloorKind = 'session' | 'user' | 'organization' | 'membership' | 'kid'

/** One fact: the thing has ended altogether, or its versions below `minVersion` no longer count. */
export type Floor = {
  readonly kind: FloorKind
  readonly id: string
  readonly ended: boolean
  readonly minVersion: number
}

type Kept = { ended: boolean; minVersion: number; keptAtMs: number }
export type FloorTable = Readonly<Record<FloorKind, Map<string, Kept>>>

/** Three times the life of an access token: far beyond `exp` and leeway, so that nothing alive outlives its floor. */
export const keepFloorsMs = 900_000

export const emptyFloors = (): FloorTable => ({
  session: new Map(),
  user: new Map(),
  organization: new Map(),
  membership: new Map(),
  kid: new Map(),
})

/** Adds a floor; repeats and older ones change nothing. */
export function raiseFloor(table: FloorTable, floor: Floor, nowMs: number): void {
  const known = table[floor.kind].get(floor.id)
  table[floor.kind].set(floor.id, {
    ended: floor.ended || (known?.ended ?? false),
    minVersion: Math.max(floor.minVersion, known?.minVersion ?? 0),
    keptAtMs: nowMs,
  })
}

/** Forgets what can no longer void anything. Voided keys stay: there are few, and they are meant for ever. */
export function forgetOldFloors(table: FloorTable, nowMs: number): void {
  for (const kind of ['session', 'user', 'organization', 'membership'] as const) {
    for (const [id, kept] of table[kind]) if (nowMs - kept.keptAtMs > keepFloorsMs) table[kind].delete(id)
  }
}

export const countFloors = (table: FloorTable): number =>
  Object.values(table).reduce((sum, floors) => sum + floors.size, 0)

/**
 * The kinds of floor an event can raise: the name of the version in it, and of the id it is about. To its access tokens
 * an API key is what a session is to a person's, and the service account what the person is: they stand in the same
 * claims.
 */
const floorFields = [
  { kind: 'session', version: 'min_sv', id: 'session_id' },
  { kind: 'session', version: 'min_sv', id: 'api_key_id' },
  { kind: 'user', version: 'min_uv', id: 'user_id' },
  { kind: 'user', version: 'min_uv', id: 'service_account_id' },
  { kind: 'organization', version: 'min_ov', id: 'organization_id' },
  { kind: 'membership', version: 'min_mv', id: 'membership_id' },
] as const

/** The floors an event raises; most raise none. */
export function floorsOfEvent(event: {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}): Floor[] {
  const { type, data } = event
  if (type === SigningKeyVoided.type) return [{ kind: 'kid', id: String(data['kid']), ended: true, minVersion: 0 }]
  return floorFields.flatMap(({ kind, version, id: idField }) => {
    const [minVersion, id] = [data[version], data[idField]]
    const ended = kind === 'session' && type === SessionEnded.type
    if (typeof id !== 'string' || (typeof minVersion !== 'number' && !ended)) return []
    return [{ kind, id, ended, minVersion: typeof minVersion === 'number' ? minVersion : 0 }]
  })
}

const kinds: ReadonlySet<unknown> = new Set<FloorKind>(['session', 'user', 'organization', 'membership', 'kid'])

/** A record of the snapshot view `floors`, or undefined for a kind this version does not know. */
export function floorOfRecord(record: object): Floor | undefined {
  const { kind, id, ended, min_version: minVersion, void: isVoid } = record as Record<string, unknown>
  if (!kinds.has(kind) || typeof id !== 'string') return undefined
  return {
    kind: kind as FloorKind,
    id,
    ended: ended === true || isVoid === true,
    minVersion: typeof minVersion === 'number' ? minVersion : 0,
  }
}

const isBelow = (kept: Kept | undefined, version: number | undefined): boolean =>
  kept !== undefined && (kept.ended || (version ?? 0) < kept.minVersion)

/** Whether something this token depends on has ended or moved on. */
export function isVoid(table: FloorTable, claims: AccessTokenClaims, kid: string): boolean {
  if (
    table.kid.has(kid) ||
    isBelow(table.session.get(claims.sid), claims.sv) ||
    isBelow(table.user.get(claims.sub), claims.uv)
  )
    return true
  if (claims.org_id === undefined) return false
  return (
    isBelow(table.organization.get(claims.org_id), claims.ov) ||
    isBelow(table.membership.get(claims.mid ?? ''), claims.mv)
  )
}
