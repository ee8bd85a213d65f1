/**
 * The question every managing use case asks first, before anything tells whether its target exists: whose accounts they
 * are decides which permission it takes.
 */
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { type OwnerScope, requireAsOwner } from '../owner-scope.ts'

export type AccountDeps = Pick<Deps, 'db' | 'system' | 'spine' | 'clients'>

/** @throws AppError `forbidden`, `insufficient_user_authentication`; 503 when the policy decision point cannot say. */
export const requireAccounts = (deps: Pick<Deps, 'clients'>, scope: OwnerScope, to: 'read' | 'write'): Promise<void> =>
  requireAsOwner(deps, scope, needed[to])

const needed = {
  read: { organization: permissions.readServiceAccounts, platform: permissions.readPlatform },
  write: { organization: permissions.writeServiceAccounts, platform: permissions.writePlatformServiceAccounts },
} as const
