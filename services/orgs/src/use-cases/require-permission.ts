/** The question every managing use case asks first, before anything tells whether its target exists. */
import type { PrincipalCaller } from '@gatehouse/service-kit/http/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../deps.ts'
import type { Permission } from '../domain/permissions.ts'

/** @throws AppError `forbidden`; 503 when the policy decision point cannot say. */
export async function requirePermission(deps: Pick<Deps, 'authz'>, caller: PrincipalCaller, permission: Permission): Promise<void> {
  if (!(await deps.authz.isPermitted(caller, permission))) throw problem('forbidden', { internal: `lacks ${permission}` })
}
