/**
 * The organization a client names in a request: `organization_id`, or `organization` with an id or a slug. An id is
 * never a slug, because slugs have no underscore.
 */
import { typeIdSuffix } from '@gatehouse/contracts/common/ids'

type Parameters = ReadonlyMap<string, string>

export type NamedOrganization =
  { kind: 'unnamed' } | { kind: 'malformed' } | { kind: 'id'; id: string } | { kind: 'slug'; slug: string }

const idForm = new RegExp(`^org_${typeIdSuffix}$`)
const slugForm = /^[a-z][a-z0-9-]{0,62}$/

export function namedOrganization(parameters: Parameters): NamedOrganization {
  const byId = parameters.get('organization_id')
  const named = parameters.get('organization') ?? byId
  if (named === undefined) return { kind: 'unnamed' }
  if (byId !== undefined && (byId !== named || !idForm.test(byId))) return { kind: 'malformed' }
  if (idForm.test(named)) return { kind: 'id', id: named }
  return slugForm.test(named) ? { kind: 'slug', slug: named } : { kind: 'malformed' }
}
