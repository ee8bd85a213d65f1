/** The question every managing use case asks first, before anything tells whether its target exists. */
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import type { Permission } from '../../domain/permissions.ts'

/** @throws AppError `forbidden`, `insufficient_user_authentication`; 503 when the policy decision point cannot say. */
export async function requirePermission(
  deps: Pick<Deps, 'clients'>,
  caller: OrgCaller,
  permission: Permission,
): Promise<void> {
  requireAllowed(await deps.clients.authz.decide(caller, permission), caller, permission)
}
