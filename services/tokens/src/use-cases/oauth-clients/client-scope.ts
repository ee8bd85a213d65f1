/** Whose clients a request is about: those of the caller's organization, or the platform's. */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { type OwnerScope, requireAsOwner, writeAsOwner } from '../owner-scope.ts'

export { ownerOf, readAsOwner as readClients, type OwnerScope as ClientScope } from '../owner-scope.ts'

export type ClientDeps = Pick<Deps, 'db' | 'system' | 'spine' | 'clients' | 'issuer' | 'clientDocuments'>

/** @throws AppError `forbidden`, `insufficient_user_authentication`; 503 when the policy decision point cannot say. */
export const requireClients = (deps: Pick<Deps, 'clients'>, scope: OwnerScope, to: 'read' | 'write'): Promise<void> =>
  requireAsOwner(deps, scope, needed[to])

const needed = {
  read: { organization: permissions.readOAuthClients, platform: permissions.readPlatform },
  write: { organization: permissions.writeOAuthClients, platform: permissions.writePlatformOAuthClients },
} as const

/** Writes as whoever owns the clients. */
export const writeClients = <T>(deps: ClientDeps, scope: OwnerScope, write: (tx: Tx) => Promise<T>): Promise<T> =>
  writeAsOwner(deps, scope, write)
