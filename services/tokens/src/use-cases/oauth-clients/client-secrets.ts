/** A second secret of a client, and the end of one: so a secret is changed without an hour in which neither works. */
import type { NewClientSecret } from '@gatehouse/contracts/http/tokens/oauth-client'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { actorOf } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { deleteSecret, insertSecret, lockOAuthClient, updateOAuthClient } from '../../store/oauth-clients.ts'
import { announceClientUpdated } from './announce-client.ts'
import { type ClientDeps, type ClientScope, ownerOf, requireClients, writeClients } from './client-scope.ts'
import { secretView } from './client-views.ts'
import { clientSecretPrefix, secretOf } from './create-client.ts'

/** @throws AppError `forbidden`, `not_found`, `conflict` for a public client and for a third secret */
export async function createClientSecret(
  deps: ClientDeps,
  scope: ClientScope,
  clientId: string,
): Promise<NewClientSecret> {
  await requireClients(deps, scope, 'write')
  const actor = actorOf(scope.caller)
  const minted = mintSecret(clientSecretPrefix)
  const outcome = await writeClients(deps, scope, async (tx) => {
    const client = await lockOAuthClient(tx, { id: clientId, ...ownerOf(scope) })
    if (client === undefined) return 'not_found'
    if (client.authMethod !== 'client_secret') return 'secretless'
    const secret = await insertSecret(tx, secretOf(minted, { clientId, orgId: client.orgId, actor }))
    if (secret === undefined) return 'too_many'
    const changed = await updateOAuthClient(tx, clientId, {})
    await announceClientUpdated(tx, { client: changed, changed: ['secrets'], secretId: secret.id, actor })
    return keepAnswer({ ...secretView(secret), client_secret: minted.secret })
  })
  if (outcome === 'not_found') throw problem('not_found')
  if (outcome === 'secretless')
    throw problem('conflict', { detail: 'A public client, and one that signs assertions, has no secret.' })
  if (outcome === 'too_many')
    throw problem('conflict', { detail: 'A client has at most two secrets; delete one first.' })
  return outcome
}

/** @throws AppError `forbidden`, `not_found` */
export async function deleteClientSecret(
  deps: ClientDeps,
  scope: ClientScope,
  o: { clientId: string; secretId: string },
): Promise<void> {
  await requireClients(deps, scope, 'write')
  const isGone = await writeClients(deps, scope, async (tx) => {
    const client = await lockOAuthClient(tx, { id: o.clientId, ...ownerOf(scope) })
    if (client === undefined || !(await deleteSecret(tx, { id: o.secretId, clientId: o.clientId }))) return false
    const changed = await updateOAuthClient(tx, o.clientId, {})
    await announceClientUpdated(tx, {
      client: changed,
      changed: ['secrets'],
      secretId: o.secretId,
      actor: actorOf(scope.caller),
    })
    return true
  })
  if (!isGone) throw problem('not_found')
}
