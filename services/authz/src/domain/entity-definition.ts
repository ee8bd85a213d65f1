/**
 * Whether an entity can be stored so. Of a type the catalog knows, only what its schema lets be stored; of any other,
 * whatever it is.
 */
import type { AttributeValues } from '@gatehouse/contracts/http/authz/attributes'
import type { AttributeSchemas } from '@gatehouse/policy/check/schema'
import { isWritten, mustBe } from './attribute-value.ts'
import type { Catalog } from './catalog.ts'
import { isOrganization, isPlatformPrincipal } from './directory.ts'
import type { DefinitionError } from './role-definition.ts'

type Named = { readonly type: string; readonly id: string }

/** What can be stored of it; of people and the organization what applications declared of all of them. */
function schemaOf({ types, shared }: Catalog, entity: Named): AttributeSchemas | undefined {
  if (isPlatformPrincipal(entity)) return shared.user
  const ofType = types.get(entity.type)?.attributes
  if (isOrganization(entity)) return { ...ofType, ...shared.organization }
  // As a subject an entity stands in the place of a person and a member, whatever resources of its type are.
  return ofType && { ...shared.membership, ...shared.user, ...ofType }
}

/** @param o.roles - keys that can be given here */
export function checkEntityDefinition(
  entity: Named & { readonly attributes: AttributeValues; readonly roles: readonly string[] },
  o: { catalog: Catalog; roles: { has(key: string): boolean } },
): DefinitionError[] {
  const errors = entity.roles.flatMap((role, index) =>
    o.roles.has(role) ? [] : [{ path: `/roles/${index}`, message: `${role} is not a role that can be given here` }],
  )
  if (isPlatformPrincipal(entity) && entity.roles.length > 0)
    errors.push({ path: '/roles', message: 'are given to people by assignments' })
  const schema = schemaOf(o.catalog, entity)
  if (!schema) return errors
  for (const [name, value] of Object.entries(entity.attributes)) {
    const path = `/attributes/${name}`
    const known = Object.hasOwn(schema, name) ? schema[name] : undefined
    if (!known) errors.push({ path, message: `is not an attribute of ${entity.type}` })
    else if (!known.provenance.includes('stored'))
      errors.push({ path, message: `is not stored: it comes from ${known.provenance.join(' or ')}` })
    else if (!isWritten(known.type, value)) errors.push({ path, message: mustBe[known.type] })
  }
  return errors
}
