/** Registers a client. A confidential one gets its first secret. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import type { ClientRegistration, NewOAuthClient } from '@gatehouse/contracts/http/tokens/oauth-client'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { actorOf } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import {
  insertOAuthClient,
  insertSecret,
  type NewClient,
  type OAuthClient,
  type OAuthClientSecret,
} from '../../store/oauth-clients.ts'
import { announceClientCreated } from './announce-client.ts'
import { clientOf, complaintsAbout } from './client-members.ts'
import { type ClientDeps, type ClientScope, ownerOf, requireClients, writeClients } from './client-scope.ts'
import { clientView } from './client-views.ts'

/** Secrets of clients begin with it. */
export const clientSecretPrefix = 'gtcs_'

/** @throws AppError `forbidden`, `validation_failed` */
export async function createClient(
  deps: ClientDeps,
  scope: ClientScope,
  wish: ClientRegistration,
): Promise<NewOAuthClient> {
  await requireClients(deps, scope, 'write')
  const actor = actorOf(scope.caller)
  const row = clientOf(wish, { ...ownerOf(scope), createdBy: actor })
  const errors = complaintsAbout(deps, row)
  if (errors.length > 0) throw problem('validation_failed', { errors })
  return await writeClients(deps, scope, async (tx) => {
    const { client, secrets, secret } = await insertClient(tx, row, actor)
    return keepAnswer({ ...clientView(client, secrets), ...(secret !== undefined && { client_secret: secret }) })
  })
}

/** The client, and its secret where it has one: shown by whoever registered it, and never again. */
export async function insertClient(
  tx: Tx,
  row: NewClient,
  actor: Actor,
): Promise<{ client: OAuthClient; secrets: OAuthClientSecret[]; secret: string | undefined }> {
  const { orgId } = row
  const minted = row.authMethod === 'client_secret' ? mintSecret(clientSecretPrefix) : undefined
  const client = await insertOAuthClient(tx, row)
  const secret = minted && (await insertSecret(tx, secretOf(minted, { clientId: client.id, orgId, actor })))
  await announceClientCreated(tx, client, actor)
  return { client, secrets: secret === undefined ? [] : [secret], secret: minted?.secret }
}

/** The row of a new secret. */
export const secretOf = (
  minted: { secret: string; hash: Buffer },
  o: { clientId: string; orgId: string | null; actor: string },
) => ({
  id: newId('cls'),
  clientId: o.clientId,
  orgId: o.orgId,
  hash: minted.hash,
  last4: minted.secret.slice(-4),
  createdBy: o.actor,
})
