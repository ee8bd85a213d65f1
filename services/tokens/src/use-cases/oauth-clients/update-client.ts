/**
 * Changes, disables, enables or deletes a client. A client that is disabled or deleted loses each session it has,
 * before the answer is given.
 */
import type { ClientChange, OAuthClient as OAuthClientOnWire } from '@gatehouse/contracts/http/tokens/oauth-client'
import { actorOf } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { type ClientUpdate, listSecrets, lockOAuthClient, updateOAuthClient } from '../../store/oauth-clients.ts'
import type { Complaint } from '../../domain/oauth/complaint.ts'
import { announceClientDeleted, announceClientUpdated } from './announce-client.ts'
import { complaintsAbout, updateOf } from './client-members.ts'
import { type ClientDeps, type ClientScope, ownerOf, requireClients, writeClients } from './client-scope.ts'
import { clientView } from './client-views.ts'
import { endSessionsOfClient } from './end-sessions-of-client.ts'

/**
 * A client that is not there is a 404 before anybody is told what is wrong with the change. @throws AppError
 * `forbidden`, `not_found`, `validation_failed`
 */
export async function updateClient(
  deps: ClientDeps,
  scope: ClientScope,
  o: { id: string; change: ClientChange },
): Promise<OAuthClientOnWire> {
  await requireClients(deps, scope, 'write')
  const update = updateOf(o.change)
  const errors: Complaint[] = []
  let clientId = o.id
  const updated = await writeClients(deps, scope, async (tx) => {
    const before = await lockOAuthClient(tx, { id: o.id, ...ownerOf(scope) })
    if (before === undefined) return undefined
    clientId = before.id
    errors.push(...complaintsAbout(deps, { ...before, ...update }))
    if (errors.length > 0) return 'malformed'
    const changed = changedMembers(before, update)
    // The same values again change nothing and announce nothing.
    const client = changed.length === 0 ? before : await updateOAuthClient(tx, before.id, update)
    if (changed.length > 0) await announceClientUpdated(tx, { client, changed, actor: actorOf(scope.caller) })
    return clientView(client, await listSecrets(tx, [client.id]))
  })
  if (updated === undefined) throw problem('not_found')
  if (updated === 'malformed') throw problem('validation_failed', { errors })
  if (updated.status === 'disabled') await endSessionsOfClient(deps, clientId, actorOf(scope.caller))
  return updated
}

/** @throws AppError `forbidden`, `not_found` */
export async function deleteClient(deps: ClientDeps, scope: ClientScope, id: string): Promise<void> {
  await requireClients(deps, scope, 'write')
  const gone = await writeClients(deps, scope, async (tx) => {
    const before = await lockOAuthClient(tx, { id, ...ownerOf(scope) })
    if (before === undefined) return undefined
    const client = await updateOAuthClient(tx, before.id, { status: 'deleted' })
    await announceClientDeleted(tx, client, actorOf(scope.caller))
    return before.id
  })
  if (gone === undefined) throw problem('not_found')
  await endSessionsOfClient(deps, gone, actorOf(scope.caller))
}

/** Members that another value stands for now. */
export const changedMembers = (before: ClientUpdate, update: ClientUpdate): string[] =>
  Object.keys(update).filter((member) => differs(before, update, member as keyof ClientUpdate))

const differs = (before: ClientUpdate, update: ClientUpdate, member: keyof ClientUpdate): boolean =>
  JSON.stringify(before[member]) !== JSON.stringify(update[member])
