/** What decisions in an organization rest on beside the principals. The directory is asked only for what the catalog knows to read of it. */
import { directoryKeys, type DirectoryKey } from '../../domain/directory.ts'
import type { OrganizationContext } from '../../domain/subject.ts'
import type { Facts, KnownFacts } from '../../facts/fact-cache.ts'

type Whose = { readonly orgId: string; readonly userId?: string | undefined }

export async function organizationContextOf(
  facts: Pick<Facts, 'model' | 'entity'>,
  whose: Whose,
): Promise<OrganizationContext> {
  const model = await facts.model(whose.orgId)
  const keys = directoryKeys(model.catalog, whose)
  const attributesOf = async (key: DirectoryKey | undefined) =>
    key && (await facts.entity({ orgId: whose.orgId, ...key }))?.attributes
  const [user, organization] = await Promise.all([attributesOf(keys.user), attributesOf(keys.organization)])
  return { model, directory: { user, organization } }
}

/** The same from memory. @throws notInMemory */
export function cachedOrganizationContext(
  known: Pick<KnownFacts, 'model' | 'entity'>,
  whose: Whose,
): OrganizationContext {
  const model = known.model(whose.orgId)
  const keys = directoryKeys(model.catalog, whose)
  const attributesOf = (key: DirectoryKey | undefined) =>
    key && known.entity({ orgId: whose.orgId, ...key })?.attributes
  return { model, directory: { user: attributesOf(keys.user), organization: attributesOf(keys.organization) } }
}
