/** Where the entity directory says something of those whom the platform itself knows: people, and the organization. */
import type { Catalog, SharedAttributes } from './catalog.ts'

export type DirectoryKey = { readonly type: string; readonly id: string }

/** Of a person or service account of the platform, or of an organization. */
export const isPlatformPrincipal = ({ type, id }: DirectoryKey): boolean =>
  (type === 'user' && id.startsWith('user_')) || (type === 'service_account' && id.startsWith('svc_'))
export const isOrganization = ({ type, id }: DirectoryKey): boolean => type === 'organization' && id.startsWith('org_')

/** The entities to look at for a decision; undefined where no application reads anything stored there. */
export const directoryKeys = (
  { shared }: Catalog,
  { orgId, userId }: { readonly orgId: string; readonly userId?: string | undefined },
): { readonly user: DirectoryKey | undefined; readonly organization: DirectoryKey | undefined } => ({
  user: userId !== undefined && isStored(shared.user) ? { type: 'user', id: userId } : undefined,
  organization: isStored(shared.organization) ? { type: 'organization', id: orgId } : undefined,
})

function isStored(schemas: SharedAttributes['user']): boolean {
  for (const name in schemas) if (schemas[name]?.provenance.includes('stored')) return true
  return false
}
