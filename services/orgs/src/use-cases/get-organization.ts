/** The organization of the caller's token. */
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { findOrganization } from '../store/organizations.ts'
import { organizationView } from './views.ts'

/** @throws AppError `not_found` */
export async function getOrganization(
  deps: Pick<Deps, 'db'>,
  caller: OrgCaller,
): Promise<{ organization: Organization; version: number }> {
  const row = await readInScope(deps.db, { orgId: caller.orgId }, (tx) => findOrganization(tx, caller.orgId))
  if (!row) throw problem('not_found')
  return { organization: organizationView(row), version: row.version }
}
