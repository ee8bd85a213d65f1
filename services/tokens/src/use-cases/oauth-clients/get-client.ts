/** One client, or all of their owner, newest first. */
import type { OAuthClient } from '@gatehouse/contracts/http/tokens/oauth-client'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { isClientIdentifierUrl } from '../../domain/oauth/client-identifier-url.ts'
import { findOAuthClient, listOAuthClients, listSecrets } from '../../store/oauth-clients.ts'
import { type ClientDeps, type ClientScope, ownerOf, readClients, requireClients } from './client-scope.ts'
import { clientView } from './client-views.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function getClient(deps: ClientDeps, scope: ClientScope, id: string): Promise<OAuthClient> {
  await requireClients(deps, scope, 'read')
  const found = await readClients(deps, scope, async (tx) => {
    const client = await findOAuthClient(tx, { id, ...ownerOf(scope) })
    return client && clientView(client, await listSecrets(tx, [client.id]))
  })
  if (found === undefined) throw problem('not_found')
  return found
}

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listClients(
  deps: ClientDeps,
  scope: ClientScope,
  o: { limit: number; cursor: string | undefined },
): Promise<PageOf<OAuthClient>> {
  const after = decodeCursor(o.cursor, 1, ([id]) => isTypeId('client', id) || isClientIdentifierUrl(String(id)))
  await requireClients(deps, scope, 'read')
  const beforeId = after === undefined ? undefined : String(after[0])
  return await readClients(deps, scope, async (tx) => {
    const rows = await listOAuthClients(tx, { ...ownerOf(scope), limit: o.limit + 1, beforeId })
    const { data, page } = pageOf(rows, o.limit, (last) => [last.id])
    const secrets = await listSecrets(
      tx,
      data.map(({ id }) => id),
    )
    return { data: data.map((client) => clientView(client, secrets)), page }
  })
}
