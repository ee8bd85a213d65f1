/**
 * Whose things a request is about: those of the caller's organization, or the platform's. The policy decision point is
 * asked first, and the transaction then sees nothing else.
 */
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { OrgCaller, UserCaller } from '@gatehouse/access/callers/caller'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { WriteOptions } from '@gatehouse/spine/produce/producer'
import type { Deps } from '../deps.ts'
import type { Permission } from '../domain/permissions.ts'
import type { Owner } from '../store/oauth-clients.ts'

/** The organization's by a caller of that organization, or the platform's. */
export type OwnerScope = { kind: 'organization'; caller: OrgCaller } | { kind: 'platform'; caller: UserCaller }

export const ownerOf = (scope: OwnerScope): Owner => ({
  orgId: scope.kind === 'organization' ? scope.caller.orgId : null,
})

/** @throws AppError `forbidden`, `insufficient_user_authentication`; 503 when the policy decision point cannot say. */
export async function requireAsOwner(
  deps: Pick<Deps, 'clients'>,
  { kind, caller }: OwnerScope,
  needed: Readonly<Record<OwnerScope['kind'], Permission>>,
): Promise<void> {
  const { authz } = deps.clients
  const decided = await (kind === 'organization' ? authz.decide : authz.decideOnPlatform)(caller, needed[kind])
  requireAllowed(decided, caller, needed[kind])
}

/** Reads as whoever owns them; the system role sees more, so each statement names the owner. */
export const readAsOwner = <T>(
  deps: Pick<Deps, 'db' | 'system'>,
  scope: OwnerScope,
  read: (tx: Tx) => Promise<T>,
): Promise<T> =>
  scope.kind === 'organization' ? inScope(deps.db, { orgId: scope.caller.orgId }, read) : inScope(deps.system, {}, read)

/** The same for one statement. */
export const readOnceAsOwner = <T>(
  deps: Pick<Deps, 'db' | 'system'>,
  scope: OwnerScope,
  read: (db: Queryable) => Promise<T>,
): Promise<T> =>
  scope.kind === 'organization'
    ? readInScope(deps.db, { orgId: scope.caller.orgId }, read)
    : readInScope(deps.system, {}, read)

/** Writes as whoever owns them. */
export const writeAsOwner = <T>(
  deps: Pick<Deps, 'spine'>,
  scope: OwnerScope,
  write: (tx: Tx) => Promise<T>,
  options: Pick<WriteOptions, 'announce'> = {},
): Promise<T> =>
  scope.kind === 'organization'
    ? deps.spine.write({ orgId: scope.caller.orgId }, write, options)
    : deps.spine.write({}, write, { ...options, db: 'system' })
