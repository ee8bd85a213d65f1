/** What one allowed which application, newest first. */
import type { Consent as ConsentOnWire } from '@gatehouse/contracts/http/tokens/consents'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { listConsents as listRows, type ConsentWithClient } from '../../store/oauth-consents.ts'

/** @throws AppError `invalid_cursor` */
export async function listConsents(
  deps: Pick<Deps, 'system'>,
  { userId }: Pick<UserCaller, 'userId'>,
  o: { limit: number; cursor: string | undefined },
): Promise<PageOf<ConsentOnWire>> {
  const after = decodeCursor(o.cursor, 1, ([id]) => isTypeId('cns', id))
  const beforeId = after === undefined ? undefined : String(after[0])
  const rows = await listRows(deps.system, { userId, limit: o.limit + 1, beforeId })
  const { data, page } = pageOf(rows, o.limit, ({ consent }) => [consent.id])
  return { data: data.map(onWire), page }
}

const onWire = ({ consent, client }: ConsentWithClient): ConsentOnWire => ({
  id: consent.id,
  client: { id: consent.clientId, name: client.name },
  organization_id: client.orgId,
  scope: consent.scopes,
  created_at: consent.createdAt.toISOString(),
  updated_at: consent.updatedAt.toISOString(),
})
