/**
 * Announces acts that were not permitted, for the audit trail: beside the answer, never before it. Whoever tries again
 * and again is announced once a minute for each permission, with a count, so that guessing floods nothing. What nobody
 * announced yet is lost with the process: a denied act changed nothing.
 */
import { PermissionDenied } from '@gatehouse/contracts/events/authz/permission'
import { actorOf, type PrincipalCaller } from '@gatehouse/access/callers/caller'
import { createUpkeep, type Part } from '@gatehouse/service-kit/concurrency/background'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import {
  currentContext,
  newContext,
  runInContext,
  type RequestContext,
} from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Spine } from '@gatehouse/spine/produce/producer'

export type Denial = { caller: PrincipalCaller; scope: 'organization' | 'platform'; permission: string }
export type DenialRecorder = Part & {
  note(denial: Denial): void
  /** Announces what is due. @returns how many events */
  flush(): Promise<number>
}

type Waiting = Denial & { context: RequestContext; count: number; notBeforeMs: number }

const flushEveryMs = 1000
const quietMs = 60_000
/** Actors and permissions that are remembered at once; of others it is only counted that they were denied. */
export const mostRemembered = 500

const denied = counter('authz_permissions_denied_total', 'Administrative acts that were not permitted')

export function createDenialRecorder(o: { spine: Pick<Spine, 'write'>; clock: Clock; log: Logger }): DenialRecorder {
  /** By actor, organization and permission. One that was announced stays with a count of 0 until its minute is over. */
  const remembered = new Map<string, Waiting>()
  const flush = async (): Promise<number> => {
    const nowMs = o.clock.monotonicMs()
    const due: Waiting[] = []
    for (const [key, waiting] of remembered) {
      if (waiting.notBeforeMs > nowMs) continue
      if (waiting.count === 0) remembered.delete(key)
      else due.push(waiting)
    }
    if (due.length === 0) return 0
    const announced = due.map((waiting) => ({ ...waiting }))
    await o.spine.write({}, (tx) => announceAll(tx, announced), { db: 'system', announce: 'later' })
    // What was denied meanwhile is told next time.
    for (const [at, waiting] of due.entries())
      Object.assign(waiting, { count: waiting.count - (announced[at]?.count ?? 0), notBeforeMs: nowMs + quietMs })
    return due.length
  }
  const upkeep = createUpkeep({ name: 'denials', run: flush, everyMs: flushEveryMs, log: o.log })
  return {
    note(denial) {
      denied.add(1)
      const { caller, permission, scope } = denial
      const key = `${actorOf(caller)} ${scope === 'organization' ? caller.orgId : ''} ${permission}`
      const known = remembered.get(key)
      if (known) known.count += 1
      else if (remembered.size < mostRemembered)
        remembered.set(key, { ...denial, context: currentContext() ?? newContext(), count: 1, notBeforeMs: 0 })
    },
    flush,
    start: upkeep.start,
    stop: async () => {
      await upkeep.stop()
      await flush().catch(() => 0)
    },
  }
}

async function announceAll(tx: Tx, denials: readonly Waiting[]): Promise<void> {
  for (const { caller, scope, permission, context, count } of denials) {
    const orgId = scope === 'organization' ? caller.orgId : undefined
    await runInContext(context, () =>
      appendEvent(tx, {
        contract: PermissionDenied,
        aggregateType: 'permission_denial',
        aggregateId: newId('dny'),
        version: 1,
        ...(orgId && { orgId }),
        actor: actorOf(caller),
        data: { permission, scope, count, ...(orgId && { organization_id: orgId }) },
      }),
    )
  }
}
