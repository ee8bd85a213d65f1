/** Whether an entity can be stored so. Of a type the catalog knows, only what its schema lets be stored; of any other, whatever it is. */
import type { AttributeValues } from '@gatehouse/contracts/http/authz/attributes'
import { valueOfType } from '@gatehouse/policy/compile/attributes'
import type { Catalog } from './catalog.ts'
import type { DefinitionError } from './role-definition.ts'

type Named = { readonly type: string; readonly id: string }

/** People and service accounts are the platform's own: what is known of them is not stored by an application. */
export const isPlatformSubject = ({ type, id }: Named): boolean => (type === 'user' && id.startsWith('user_')) || (type === 'service_account' && id.startsWith('svc_'))

/** @param o.roles - keys that can be given here */
export function checkEntityDefinition(entity: Named & { readonly attributes: AttributeValues; readonly roles: readonly string[] }, o: { catalog: Catalog; roles: { has(key: string): boolean } }): DefinitionError[] {
  const errors = entity.roles.flatMap((role, index) => (o.roles.has(role) ? [] : [{ path: `/roles/${index}`, message: `${role} is not a role that can be given here` }]))
  const schema = o.catalog.types.get(entity.type)?.attributes
  if (!schema) return errors
  for (const [name, value] of Object.entries(entity.attributes)) {
    const path = `/attributes/${name}`
    const known = Object.hasOwn(schema, name) ? schema[name] : undefined
    if (!known) errors.push({ path, message: `is not an attribute of ${entity.type}` })
    else if (!known.provenance.includes('stored')) errors.push({ path, message: `is not stored: it comes from ${known.provenance.join(' or ')}` })
    else if (valueOfType(known.type, value) === undefined) errors.push({ path, message: `must be a ${known.type}` })
  }
  return errors
}
