/**
 * What is written when a sign-in is refused, by the same statements whatever the reason and whoever it was about. Only
 * what concerns an existing person is announced, and a source that fails over many accounts.
 */
import {
  SignInFailed,
  SignInLocked,
  SignInRefusedWhileLocked,
  SignInSourceLimited,
} from '@gatehouse/contracts/events/identity/sign-in'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import type { Admission, CounterScope } from '../../domain/sign-in-limits.ts'
import { countFailures } from '../../store/sign-in-counters.ts'
import { writeWithoutRevision } from '../write-without-revision.ts'

export type RefusalReason = 'unknown_address' | 'wrong_password' | 'disabled' | 'locked'
export type Refusal = {
  reason: RefusalReason
  /** Undefined for an unknown address. */
  userId: string | undefined
  admission: Admission
}

export async function recordRefusal(deps: Pick<Deps, 'spine' | 'settings'>, refusal: Refusal): Promise<void> {
  const { halfLifeSeconds } = deps.settings.limits
  const { counters, kind } = refusal.admission
  // A try that is refused anyway tells its sender nothing, so it is not counted: a lock trickles instead of being
  // renewed for ever.
  const by = kind === 'admitted' && refusal.reason !== 'locked' ? 1 : 0
  await writeWithoutRevision(deps, async (tx) => {
    const full = await countFailures(tx, { counters, by, halfLifeSeconds })
    await announceRefusal(tx, refusal, full)
  })
}

async function announceRefusal(
  tx: Tx,
  { reason, userId, admission }: Refusal,
  full: readonly { scope: CounterScope }[],
): Promise<void> {
  const isKnown = userId !== undefined
  const id = newId('sin')
  const about = { user_id: userId ?? newId('user') }
  const ofPerson = { aggregateType: 'sign_in', aggregateId: id, actor: 'system', userId: about.user_id } as const
  const scope = widestOf(full.map((one) => one.scope))
  await appendEvent(tx, {
    ...ofPerson,
    contract: SignInFailed,
    version: 1,
    data: about,
    isWanted: isKnown && reason !== 'locked',
  })
  await appendEvent(tx, {
    ...ofPerson,
    contract: SignInLocked,
    version: 2,
    data: { ...about, scope: scope ?? 'pair' },
    isWanted: isKnown && scope !== undefined,
  })
  await appendEvent(tx, {
    ...ofPerson,
    contract: SignInRefusedWhileLocked,
    version: 1,
    data: { ...about, scope: admission.kind === 'refused' ? admission.by : 'pair' },
    isWanted: isKnown && reason === 'locked',
  })
  await appendEvent(tx, {
    contract: SignInSourceLimited,
    aggregateType: 'sign_in_source',
    aggregateId: newId('sin'),
    version: 1,
    actor: 'system',
    data: {},
    isWanted: full.some((one) => one.scope === 'source'),
  })
}

/** What a limit that was reached is announced as; undefined for none that concerns one account. */
export function widestOf(scopes: readonly CounterScope[]): 'account' | 'pair' | 'device' | undefined {
  return (['account', 'pair', 'device'] as const).find((scope) => scopes.includes(scope))
}
