/** Operators hand out tokens that register clients, see them, and take them back. */
import {
  RegistrationTokenCreated,
  RegistrationTokenDeleted,
} from '@gatehouse/contracts/events/tokens/registration-token'
import type { NewRegistrationToken, RegistrationToken } from '@gatehouse/contracts/http/tokens/registration-tokens'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId, newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import {
  deleteRegistrationToken,
  insertRegistrationToken,
  listRegistrationTokens,
  type RegistrationToken as Row,
} from '../../store/registration-tokens.ts'
import { type ClientDeps, requireClients } from './client-scope.ts'

/** Initial access tokens begin with it. */
export const initialTokenPrefix = 'gtrg_'
const daySeconds = 86_400

const viewOf = (row: Row): RegistrationToken => ({
  id: row.id,
  name: row.name,
  uses_left: row.usesLeft,
  expires_at: row.expiresAt.toISOString(),
  created_at: row.createdAt.toISOString(),
})

const about = (id: string, caller: UserCaller) => ({
  aggregateType: 'registration_token',
  aggregateId: id,
  actor: actorOf(caller),
})

/** @throws AppError `forbidden` */
export async function createToken(
  deps: ClientDeps,
  caller: UserCaller,
  wish: { name: string; uses?: number; lifetime_seconds?: number },
): Promise<NewRegistrationToken> {
  await requireClients(deps, { kind: 'platform', caller }, 'write')
  const { uses = 1, lifetime_seconds: lifetimeSeconds = daySeconds } = wish
  const { secret, hash } = mintSecret(initialTokenPrefix)
  return await deps.spine.write(
    {},
    async (tx) => {
      const createdBy = actorOf(caller)
      const token = { id: newId('rgt'), hash, name: wish.name, usesLeft: uses, createdBy, lifetimeSeconds }
      const row = await insertRegistrationToken(tx, token)
      await appendEvent(tx, {
        contract: RegistrationTokenCreated,
        ...about(row.id, caller),
        version: 1,
        data: { registration_token_id: row.id, uses, expires_at: row.expiresAt.toISOString() },
      })
      return keepAnswer({ ...viewOf(row), token: secret })
    },
    { db: 'system' },
  )
}

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listTokens(
  deps: ClientDeps,
  caller: UserCaller,
  o: { limit: number; cursor: string | undefined },
): Promise<PageOf<RegistrationToken>> {
  const after = decodeCursor(o.cursor, 1, ([id]) => isTypeId('rgt', id))
  await requireClients(deps, { kind: 'platform', caller }, 'read')
  const beforeId = after === undefined ? undefined : String(after[0])
  const rows = await listRegistrationTokens(deps.system, { limit: o.limit + 1, beforeId })
  const { data, page } = pageOf(rows, o.limit, (last) => [last.id])
  return { data: data.map(viewOf), page }
}

/** @throws AppError `forbidden`, `not_found` */
export async function deleteToken(deps: ClientDeps, caller: UserCaller, id: string): Promise<void> {
  await requireClients(deps, { kind: 'platform', caller }, 'write')
  const isGone = await deps.spine.write(
    {},
    async (tx) => {
      if (!(await deleteRegistrationToken(tx, id))) return false
      const data = { registration_token_id: id }
      await appendEvent(tx, { contract: RegistrationTokenDeleted, ...about(id, caller), version: 2, data })
      return true
    },
    { db: 'system' },
  )
  if (!isGone) throw problem('not_found')
}
