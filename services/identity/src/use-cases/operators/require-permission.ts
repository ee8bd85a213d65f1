/** The question every use case of operators asks first, before anything tells whether its target exists. */
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import type { Permission } from '../../domain/permissions.ts'

/** @throws AppError `forbidden`, `insufficient_user_authentication`; 503 when the policy decision point cannot say */
export async function requirePermission(
  { clients }: Pick<Deps, 'clients'>,
  caller: UserCaller,
  permission: Permission,
): Promise<void> {
  requireAllowed(await clients.authz.decide(caller, permission), caller, permission)
}
