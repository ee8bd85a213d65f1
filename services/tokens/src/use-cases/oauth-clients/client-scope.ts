/**
 * Whose clients a request is about: those of the caller's organization, or the platform's. The policy decision point is
 * asked first, and the transaction then sees nothing else.
 */
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { OrgCaller, UserCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import type { Owner } from '../../store/oauth-clients.ts'

/** The organization's by a caller of that organization, or the platform's. */
export type ClientScope = { kind: 'organization'; caller: OrgCaller } | { kind: 'platform'; caller: UserCaller }

export type ClientDeps = Pick<Deps, 'db' | 'system' | 'spine' | 'clients' | 'issuer'>

export const ownerOf = (scope: ClientScope): Owner => ({
  orgId: scope.kind === 'organization' ? scope.caller.orgId : null,
})

/** @throws AppError `forbidden`, `insufficient_user_authentication`; 503 when the policy decision point cannot say. */
export async function requireClients(
  deps: Pick<Deps, 'clients'>,
  { kind, caller }: ClientScope,
  to: 'read' | 'write',
): Promise<void> {
  const permission = needed[kind][to]
  const { authz } = deps.clients
  const decided = await (kind === 'organization' ? authz.decide : authz.decideOnPlatform)(caller, permission)
  requireAllowed(decided, caller, permission)
}

const needed = {
  organization: { read: permissions.readOAuthClients, write: permissions.writeOAuthClients },
  platform: { read: permissions.readPlatform, write: permissions.writePlatformOAuthClients },
} as const

/** Reads as whoever owns the clients. */
export const readClients = <T>(deps: ClientDeps, scope: ClientScope, read: (tx: Tx) => Promise<T>): Promise<T> =>
  scope.kind === 'organization' ? inScope(deps.db, { orgId: scope.caller.orgId }, read) : inScope(deps.system, {}, read)

/** Writes as whoever owns the clients. The answer waits until the change was announced where access ends with it. */
export const writeClients = <T>(deps: ClientDeps, scope: ClientScope, write: (tx: Tx) => Promise<T>): Promise<T> =>
  scope.kind === 'organization'
    ? deps.spine.write({ orgId: scope.caller.orgId }, write)
    : deps.spine.write({}, write, { db: 'system' })
