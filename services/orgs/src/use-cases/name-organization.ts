/** What an organization is called, for a mail about it; null once it is deleted. */
import type { Deps } from '../deps.ts'
import { findOrganization } from '../store/organizations.ts'

export const nameOrganization = async (
  { system }: Pick<Deps, 'system'>,
  { orgId }: { orgId: string },
): Promise<{ name: string | null }> => ({ name: (await findOrganization(system, orgId))?.name ?? null })
