/** Renames an organization. The same name again changes nothing and announces nothing. */
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import { claimRename, findOrganization } from '../store/organizations.ts'
import { announceOrganizationRenamed } from './announce.ts'
import { requirePermission } from './require-permission.ts'
import { organizationView } from './views.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function updateOrganization(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  input: { name: string },
): Promise<Organization> {
  const { orgId } = caller
  await requirePermission(deps, caller, permissions.updateOrganization)
  const row = await deps.spine.write({ orgId }, async (tx) => {
    const renamed = await claimRename(tx, { id: orgId, name: input.name })
    if (renamed) await announceOrganizationRenamed(tx, renamed, actorOf(caller))
    return renamed ?? findOrganization(tx, orgId)
  })
  if (!row) throw problem('not_found')
  return organizationView(row)
}
