/** Whether an application can be declared so, beside the applications there are. */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { RoleSource } from '@gatehouse/policy/compile/roles'
import { finish, type Work } from '@gatehouse/policy/compile/work'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { catalogOf, reservedAttributes, sharedSources, type Application } from './catalog.ts'
import { checkingPolicy, type ParsedBefore } from './policy-definition.ts'
import { checkRoleDefinition, type DefinitionError } from './role-definition.ts'

export type ManifestCheck = {
  /** Clashes with what others declared. */
  readonly conflicts: DefinitionError[]
  readonly errors: DefinitionError[]
  readonly policyErrors: DefinitionError[]
  /** Conditions by policy key. */
  readonly conditions: ReadonlyMap<string, CheckedIr>
}

type Others = {
  readonly applications: readonly Application[]
  readonly roles: readonly (RoleSource & { readonly application: string })[]
  readonly policyKeys: ReadonlySet<string>
  readonly parsed?: ParsedBefore | undefined
}

/** @param others - what the platform has without this application */
export const checkManifest = (application: Application, others: Others): ManifestCheck =>
  finish(checkingManifest(application, others))

/** `checkManifest` in parts: one for each policy. */
export function* checkingManifest(application: Application, others: Others): Work<ManifestCheck> {
  const { manifest } = application
  const catalog = catalogOf([...others.applications, application])
  const ownRoles = new Map(manifest.roles.map((role) => [role.key, role]))
  const policyErrors: DefinitionError[] = []
  const conditions = new Map<string, CheckedIr>()
  const roles = new Map<string, RoleSource>([...others.roles.map((role) => [role.key, role] as const), ...ownRoles])
  const ownTypes = new Set(manifest.resource_types.map(({ key }) => key))
  for (const [index, policy] of manifest.policies.entries()) {
    const at = `/policies/${index}`
    if (!ownTypes.has(policy.resource_type))
      policyErrors.push({ path: `${at}/resource_type`, message: 'must be a resource type of this application' })
    const checked = yield* checkingPolicy(policy, { catalog, roles, parsed: others.parsed })
    if (!checked.ok) policyErrors.push(...checked.errors.map((error) => ({ ...error, path: `${at}${error.path}` })))
    else if (checked.condition) conditions.set(policy.key, checked.condition)
  }
  return {
    conflicts: findConflicts(manifest, others),
    errors: [
      ...repeated(manifest),
      ...reserved(manifest),
      ...unsayable(manifest),
      ...roleErrors(manifest, catalogOf([application])),
    ],
    policyErrors,
    conditions,
  }
}

function findConflicts(manifest: ApplicationManifest, others: Others): DefinitionError[] {
  const taken = catalogOf(others.applications)
  const conflicts: DefinitionError[] = []
  const refuse = (path: string, message: string) => conflicts.push({ path, message })
  manifest.resource_types.forEach(
    ({ key }, index) =>
      taken.types.has(key) && refuse(`/resource_types/${index}/key`, `${key} belongs to another application`),
  )
  manifest.roles.forEach(
    ({ key }, index) =>
      others.roles.some((role) => role.key === key) &&
      refuse(`/roles/${index}/key`, `the role ${key} belongs to another application`),
  )
  manifest.policies.forEach(
    ({ key }, index) =>
      others.policyKeys.has(key) &&
      refuse(`/policies/${index}/key`, `the policy ${key} belongs to another application`),
  )
  for (const { source, name, schema, path } of sharedOf(manifest)) {
    const other = Object.hasOwn(taken.shared[source], name) ? taken.shared[source][name] : undefined
    const areStored = [other, schema].every((one) => one?.provenance.includes('stored'))
    if (other && areStored && other.type !== schema.type)
      refuse(path, 'another application stores it with another type')
  }
  return conflicts
}

const sharedOf = (manifest: ApplicationManifest) =>
  sharedSources.flatMap((source) =>
    Object.entries(manifest[`${source}_attributes`] ?? {}).map(([name, schema]) => ({
      source,
      name,
      schema,
      path: `/${source}_attributes/${name}`,
    })),
  )

/** A request has no place for what its sender says of an organization. */
const unsayable = (manifest: ApplicationManifest): DefinitionError[] =>
  sharedOf(manifest).flatMap(({ source, schema, path }) =>
    source === 'organization' && schema.provenance.includes('caller')
      ? [{ path, message: 'cannot be said by the caller' }]
      : [],
  )

/** Keys that stand twice in one list. */
function repeated(manifest: ApplicationManifest): DefinitionError[] {
  const errors: DefinitionError[] = []
  const look = (path: string, keys: readonly string[]) => {
    const seen = new Set<string>()
    keys.forEach((key, index) => {
      if (seen.has(key)) errors.push({ path: `${path}/${index}`, message: `${key} is there already` })
      seen.add(key)
    })
  }
  look(
    '/resource_types',
    manifest.resource_types.map(({ key }) => key),
  )
  look(
    '/roles',
    manifest.roles.map(({ key }) => key),
  )
  look(
    '/policies',
    manifest.policies.map(({ key }) => key),
  )
  manifest.resource_types.forEach((type, index) =>
    look(
      `/resource_types/${index}/actions`,
      type.actions.map(({ name }) => name),
    ),
  )
  return errors
}

function reserved(manifest: ApplicationManifest): DefinitionError[] {
  const message = 'is a name the platform uses itself'
  const ofSubjects = sharedOf(manifest).filter(({ source, name }) => reservedAttributes[source].has(name))
  const ofTypes = manifest.resource_types.flatMap((type, index) => {
    const bags = [
      ['attributes', type.attributes, 'resource'],
      ['action_attributes', type.action_attributes, 'action'],
      ['request_attributes', type.request_attributes, 'request'],
    ] as const
    return bags.flatMap(([bag, schemas, source]) =>
      Object.keys(schemas ?? {})
        .filter((name) => reservedAttributes[source].has(name))
        .map((name) => ({ path: `/resource_types/${index}/${bag}/${name}`, message })),
    )
  })
  return [...ofSubjects.map(({ path }) => ({ path, message })), ...ofTypes]
}

/**
 * Roles of an application hold its own permissions and inherit its own roles: it cannot hand out what it does not
 * define.
 */
function roleErrors(manifest: ApplicationManifest, ownCatalog: ReturnType<typeof catalogOf>): DefinitionError[] {
  const roles = new Map(manifest.roles.map((role) => [role.key, role]))
  return manifest.roles.flatMap((role, index) => {
    const errors = checkRoleDefinition(
      { ...role, inherits: role.inherits ?? [] },
      { catalog: ownCatalog, others: roles },
    )
    return errors.map((error) => ({ ...error, path: `/roles/${index}${error.path}` }))
  })
}
