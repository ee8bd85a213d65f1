/** What a mail about an organization names and draws it with; null once it is deleted. */
import type { OrganizationBrand } from '@gatehouse/contracts/http/orgs/organizations'
import type { Deps } from '../deps.ts'
import { findOrganization } from '../store/organizations.ts'

export async function organizationBrand(
  { system }: Pick<Deps, 'system'>,
  { orgId }: { orgId: string },
): Promise<{ brand: OrganizationBrand | null }> {
  const found = await findOrganization(system, orgId)
  return { brand: found === undefined ? null : { name: found.name, logo_url: found.logoUrl, colors: found.colors } }
}
