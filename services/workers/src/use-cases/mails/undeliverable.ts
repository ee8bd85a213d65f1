/**
 * What is kept of addresses that take no mail: recorded when their server refuses one for good, cleared when they take
 * one again or an operator says so. Announced, so that the audit trail has it.
 */
import {
  UndeliverableAddressCleared,
  UndeliverableAddressRecorded,
} from '@gatehouse/contracts/events/workers/undeliverable-address'
import type { Actor } from '@gatehouse/contracts/events/envelope'
import type {
  UndeliverableAddress,
  UndeliverableQuery,
} from '@gatehouse/contracts/http/workers/undeliverable-addresses'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import * as store from '../../store/undeliverable-addresses.ts'

export type UndeliverableDeps = Pick<Deps, 'system' | 'spine' | 'clients'>

export const noteRefusal = (
  { spine }: Pick<Deps, 'spine'>,
  refused: { address: string; userId: string | undefined; mail: string; reason: string },
): Promise<void> =>
  spine.write(
    {},
    async (tx) => {
      const row = await store.recordRefusal(tx, refused)
      if (row === undefined) return
      const { mail, reason } = refused
      const data = { ...aboutAddress(row), mail, reason }
      await appendEvent(tx, { ...placeOf(row), contract: UndeliverableAddressRecorded, actor: 'system', data })
    },
    { db: 'system' },
  )

export const noteAcceptance = ({ spine }: Pick<Deps, 'spine'>, address: string): Promise<void> =>
  spine.write(
    {},
    async (tx) => {
      const row = await store.clearAddress(tx, address)
      if (row) await announceCleared(tx, row, 'system')
    },
    { db: 'system' },
  )

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listUndeliverableAddresses(
  deps: UndeliverableDeps,
  caller: UserCaller,
  { cursor, limit = 50, user }: UndeliverableQuery,
): Promise<PageOf<UndeliverableAddress>> {
  await allow(deps, caller, 'gatehouse:users.read')
  const [before] = decodeCursor(cursor, 1, ([id]) => isTypeId('und', id)) ?? []
  const beforeId = before === undefined ? undefined : String(before)
  const rows = await inScope(deps.system, {}, (tx) =>
    store.listUndeliverable(tx, { limit: limit + 1, beforeId, userId: user }),
  )
  const { data, page } = pageOf(rows, limit, ({ id }) => [id])
  return { data: data.map(onWire), page }
}

/** @throws AppError `forbidden`, `not_found` */
export async function deleteUndeliverableAddress(
  deps: UndeliverableDeps,
  caller: UserCaller,
  id: string,
): Promise<void> {
  await allow(deps, caller, 'gatehouse:users.send_mail')
  const cleared = await deps.spine.write(
    {},
    async (tx) => {
      const row = await store.deleteUndeliverable(tx, id)
      if (row) await announceCleared(tx, row, actorOf(caller))
      return row
    },
    { db: 'system' },
  )
  if (cleared === undefined) throw problem('not_found')
}

async function allow({ clients }: UndeliverableDeps, caller: UserCaller, permission: string): Promise<void> {
  requireAllowed(await clients.authz.decide(caller, { scope: 'platform', permission }), caller, permission)
}

const announceCleared = (tx: Tx, row: store.Undeliverable, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    ...placeOf({ ...row, refusals: row.refusals + 1 }),
    contract: UndeliverableAddressCleared,
    actor,
    data: aboutAddress(row),
  })

/** Each refusal is a version of the address, and its end is the last. */
const placeOf = ({ id, userId, refusals }: store.Undeliverable) => ({
  aggregateType: 'undeliverable_address',
  aggregateId: id,
  version: refusals,
  ...(userId !== null && { userId }),
})

const aboutAddress = ({ id, userId }: store.Undeliverable) => ({
  undeliverable_address_id: id,
  ...(userId !== null && { user_id: userId }),
})

const onWire = ({
  id,
  userId,
  mail,
  reason,
  refusals,
  firstAt,
  lastAt,
}: store.Undeliverable): UndeliverableAddress => ({
  id,
  user_id: userId,
  mail,
  reason,
  refusals,
  first_at: firstAt,
  last_at: lastAt,
})
