/**
 * Alerts read, acknowledged and resolved, each within what its reader may see: an organization, the platform, oneself.
 */
import { SecurityAlertAcknowledged, SecurityAlertResolved } from '@gatehouse/contracts/events/workers/security-alert'
import type { AlertQuery, SecurityAlert } from '@gatehouse/contracts/http/workers/security-alerts'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import { actorOf, type OrgCaller, type PrincipalCaller, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope, type Scope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import * as store from '../../store/security-alerts.ts'
import { aboutAlert, announceAlert } from './announce-alert.ts'

export type AlertDeps = Pick<Deps, 'clients' | 'db' | 'system' | 'spine'>

/** Whose alerts a request is about, once its caller may see them. */
export type Reach = { caller: PrincipalCaller; db: 'runtime' | 'system'; scope: Scope }

type Verb = 'read' | 'write'

/** @throws AppError `forbidden` */
export async function ofOrganization(deps: AlertDeps, caller: OrgCaller, verb: Verb): Promise<Reach> {
  const permission = `gatehouse:alerts.${verb}`
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'organization', permission }), caller, permission)
  return { caller, db: 'runtime', scope: { orgId: caller.orgId } }
}

/** @throws AppError `forbidden` */
export async function ofPlatform(deps: AlertDeps, caller: UserCaller, verb: Verb): Promise<Reach> {
  const permission = `gatehouse:alerts.${verb}`
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'platform', permission }), caller, permission)
  return { caller, db: 'system', scope: {} }
}

/** One's own need no right. */
export const ofOneself = (caller: UserCaller): Reach => ({ caller, db: 'runtime', scope: { userId: caller.userId } })

const read = <T>(deps: AlertDeps, { db, scope }: Reach, run: (tx: Tx) => Promise<T>): Promise<T> =>
  inScope(db === 'system' ? deps.system : deps.db, scope, run)

/** @throws AppError `invalid_cursor` */
export async function listAlerts(
  deps: AlertDeps,
  reach: Reach,
  { cursor, limit = 50, ...filter }: AlertQuery & { organization?: string },
): Promise<PageOf<SecurityAlert>> {
  const [before] = decodeCursor(cursor, 1, ([id]) => isTypeId('alr', id)) ?? []
  const beforeId = before === undefined ? undefined : String(before)
  const rows = await read(deps, reach, (tx) => store.listAlerts(tx, { ...filter, limit: limit + 1, beforeId }))
  const { data, page } = pageOf(rows, limit, ({ id }) => [id])
  return { data: data.map(onWire), page }
}

/** @throws AppError `not_found` */
export const getAlert = async (deps: AlertDeps, reach: Reach, id: string): Promise<SecurityAlert> =>
  onWire(found(await read(deps, reach, (tx) => store.findAlert(tx, id))))

/** @throws AppError `not_found`, `conflict` unless it is open */
export const acknowledgeAlert = (deps: AlertDeps, reach: Reach, id: string): Promise<SecurityAlert> =>
  settle(deps, reach, id, async (tx) => {
    const by = actorOf(reach.caller)
    const alert = await store.acknowledgeAlert(tx, { id, by })
    if (alert)
      await announceAlert(tx, { alert, contract: SecurityAlertAcknowledged, actor: by, data: aboutAlert(alert) })
    return alert
  })

/** @throws AppError `not_found`, `conflict` when it is resolved */
export const resolveAlert = (
  deps: AlertDeps,
  reach: Reach,
  { id, resolution }: { id: string; resolution: string },
): Promise<SecurityAlert> =>
  settle(deps, reach, id, async (tx) => {
    const by = actorOf(reach.caller)
    const alert = await store.resolveAlert(tx, { id, by, resolution })
    if (alert)
      await announceAlert(tx, {
        alert,
        contract: SecurityAlertResolved,
        actor: by,
        data: { ...aboutAlert(alert), resolution },
      })
    return alert
  })

async function settle(
  { spine }: AlertDeps,
  { db, scope }: Reach,
  id: string,
  change: (tx: Tx) => Promise<store.Alert | undefined>,
): Promise<SecurityAlert> {
  const outcome = await spine.write(
    scope,
    async (tx) => {
      const changed = await change(tx)
      return { changed, is: changed ?? (await store.findAlert(tx, id)) }
    },
    { db },
  )
  const { status } = found(outcome.is)
  if (outcome.changed === undefined) throw problem('conflict', { detail: `The alert is ${status}.` })
  return onWire(outcome.changed)
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw problem('not_found')
  return value
}

const onWire = (alert: store.Alert): SecurityAlert => ({
  id: alert.id,
  rule: alert.rule,
  severity: alert.severity,
  status: alert.status,
  organization_id: alert.orgId,
  user_id: alert.userId,
  data: alert.data,
  count: alert.count,
  first_at: alert.firstAt,
  last_at: alert.lastAt,
  acknowledged_at: alert.acknowledgedAt,
  acknowledged_by: alert.acknowledgedBy,
  resolved_at: alert.resolvedAt,
  resolved_by: alert.resolvedBy,
  resolution: alert.resolution,
})
