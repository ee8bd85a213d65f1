/** Ends each session a client has. Its endpoints refuse it already, so what is ended here can only become less. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import type { Deps } from '../../deps.ts'
import { claimSessionEndsOfClient, listDeletedClientsWithSessions } from '../../store/child-sessions.ts'
import { announceSessionEnd } from '../sessions/announce-session-end.ts'

/**
 * Of clients that went with their organization, each session ends with its event, so that the client's audience and the
 * person's list learn of it.
 */
export async function endSessionsOfDeletedClients(deps: Pick<Deps, 'spine' | 'system'>): Promise<void> {
  for (const clientId of await listDeletedClientsWithSessions(deps.system, batch))
    await endSessionsOfClient(deps, clientId, 'system')
}

/** Few enough to finish within a statement's time limit. */
const batch = 500

export async function endSessionsOfClient(deps: Pick<Deps, 'spine'>, clientId: string, actor: Actor): Promise<void> {
  for (;;) {
    const count = await deps.spine.write(
      {},
      async (tx) => {
        const ended = await claimSessionEndsOfClient(tx, { clientId, limit: batch })
        for (const session of ended) await announceSessionEnd(tx, { session, reason: 'revoked', actor })
        return ended.length
      },
      { db: 'system', announce: 'await' },
    )
    if (count < batch) return
  }
}
