/**
 * What decisions in an organization rest on beside the principals. The directory is asked only for what the catalog
 * knows to read of it.
 */
import { directoryKeys, type DirectoryKey } from '../domain/directory.ts'
import type { OrganizationContext } from '../domain/subject.ts'
import { Miss, missOf, type Facts } from '../facts/facts.ts'

type Whose = { readonly orgId: string; readonly userId?: string | undefined }

export function organizationContextOf(
  facts: Pick<Facts, 'model' | 'entity'>,
  { orgId, userId }: Whose,
): OrganizationContext | Miss {
  const model = facts.model(orgId)
  if (model instanceof Miss) return model
  const keys = directoryKeys(model.catalog, { orgId, userId })
  const user = attributesOf(facts, orgId, keys.user)
  const organization = attributesOf(facts, orgId, keys.organization)
  if (user instanceof Miss || organization instanceof Miss) return missOf(user, organization)
  return { model, directory: { user, organization } }
}

function attributesOf(facts: Pick<Facts, 'entity'>, orgId: string, key: DirectoryKey | undefined) {
  const entity = key && facts.entity({ orgId, type: key.type, id: key.id })
  return entity instanceof Miss ? entity : entity?.attributes
}
