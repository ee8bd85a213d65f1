/**
 * The catalog in force, as decisions and checks of input read it: resource types with their actions and attributes, and
 * membership attributes.
 */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { AttributeSchema, AttributeSchemas, ConditionSchema } from '@gatehouse/policy/check/schema'
import type { ResourceTypeSource } from '@gatehouse/policy/compile/policy-set'
import { gatehouse, ownerRole, splitPermission } from './platform.ts'

export type Application = { readonly key: string; readonly manifest: ApplicationManifest }

export type CatalogType = {
  readonly application: string
  readonly attributes: AttributeSchemas
  readonly actions: ReadonlyMap<string, { readonly sensitive: boolean }>
  /**
   * Everything a condition about this type may read, and who may say it: a person asking about themself, or an
   * application about its users.
   */
  readonly schema: ConditionSchema
  readonly schemaForApplications: ConditionSchema
  /** Whether anything on record about a resource of this type can matter. */
  readonly isStored: boolean
}

/** What is declared of those who ask and where they ask, whatever the type they ask about. */
export type SharedAttributes = {
  readonly user: AttributeSchemas
  readonly organization: AttributeSchemas
  readonly membership: AttributeSchemas
}
export const sharedSources = ['user', 'organization', 'membership'] as const

export type Catalog = {
  readonly applications: readonly Application[]
  readonly types: ReadonlyMap<string, CatalogType>
  /** Of all applications together: what may be stored of people, members and organizations. */
  readonly shared: SharedAttributes
}

const byPlatform = (type: AttributeSchema['type']): AttributeSchema => ({ type, provenance: ['platform'] })

/** What is known about every request without anybody declaring it. */
const known = {
  user: { id: byPlatform('string'), email_verified: byPlatform('boolean') },
  organization: { id: byPlatform('string') },
  membership: { id: byPlatform('string'), is_owner: byPlatform('boolean'), roles: byPlatform('string_list') },
  resource: { id: byPlatform('string'), type: byPlatform('string') },
  request: {
    time: byPlatform('timestamp'),
    ip: { ...byPlatform('string'), sensitive: true },
    acr: byPlatform('string'),
    amr: byPlatform('string_list'),
    auth_time: byPlatform('timestamp'),
  },
  action: { name: byPlatform('string') },
} as const

/**
 * An application knows where its user came from and how they signed in; the platform, asked by the application, does
 * not. What time it is the platform says: applications send theirs along, as the standard's examples do.
 */
const bySender = {
  time: { ...byPlatform('timestamp'), ignoresCaller: true },
  ip: { type: 'string', provenance: ['caller'], sensitive: true },
  acr: { type: 'string', provenance: ['caller'] },
  amr: { type: 'string_list', provenance: ['caller'] },
  auth_time: { type: 'timestamp', provenance: ['caller'] },
} as const satisfies AttributeSchemas

/**
 * Names an application cannot declare: the platform says their values. `at` and `at_least` say what time and revision a
 * question is about.
 */
export const reservedAttributes = {
  user: new Set(Object.keys(known.user)),
  organization: new Set(Object.keys(known.organization)),
  membership: new Set(Object.keys(known.membership)),
  resource: new Set(Object.keys(known.resource)),
  action: new Set(Object.keys(known.action)),
  request: new Set([...Object.keys(known.request), 'at', 'at_least']),
} as const

export function catalogOf(applications: readonly Application[]): Catalog {
  const shared = sharedBy(applications)
  const types = new Map<string, CatalogType>()
  for (const one of applications) {
    const { key: application, manifest } = one
    const asking = withKnown(sharedFor(one, shared))
    for (const { key, attributes, actions, action_attributes, request_attributes } of manifest.resource_types) {
      const schema: ConditionSchema = {
        ...asking,
        resource: { ...attributes, ...known.resource },
        action: { ...action_attributes, ...known.action },
        request: { ...request_attributes, ...known.request },
      }
      types.set(key, {
        application,
        attributes,
        actions: new Map(actions.map(({ name, sensitive }) => [name, { sensitive: sensitive ?? false }])),
        schema,
        isStored: Object.values(attributes).some(({ provenance }) => provenance.includes('stored')),
        schemaForApplications: { ...schema, request: { ...schema.request, ...bySender } },
      })
    }
  }
  return { applications, types, shared }
}

/** Of a name that several declare, the declaration that is stored says what the directory may hold. */
const sharedBy = (applications: readonly Application[]): SharedAttributes => {
  const ofSource = (source: keyof SharedAttributes): AttributeSchemas => {
    const all: { [name: string]: AttributeSchema } = {}
    for (const { manifest } of applications)
      for (const [name, schema] of Object.entries(manifest[`${source}_attributes`] ?? {}))
        if (!Object.hasOwn(all, name) || schema.provenance.includes('stored')) all[name] = schema
    return all
  }
  return { user: ofSource('user'), organization: ofSource('organization'), membership: ofSource('membership') }
}

/**
 * Declarations are an application's own. Those of others can be read, and what a caller states of them is nobody's
 * business there.
 */
const sharedFor = ({ manifest }: Application, shared: SharedAttributes): SharedAttributes => {
  const ofSource = (source: keyof SharedAttributes): AttributeSchemas => ({
    ...Object.fromEntries(
      Object.entries(shared[source]).map(([name, schema]) => [name, { ...schema, ignoresCaller: true }]),
    ),
    ...manifest[`${source}_attributes`],
  })
  return { user: ofSource('user'), organization: ofSource('organization'), membership: ofSource('membership') }
}

/** What is known anyhow goes before. */
const withKnown = ({ user, organization, membership }: SharedAttributes) => ({
  user: { ...user, ...known.user },
  organization: { ...organization, ...known.organization },
  membership: { ...membership, ...known.membership },
})

/** Everything a condition about this resource type may read. */
export const conditionSchema = (catalog: Catalog, resourceType: string): ConditionSchema =>
  catalog.types.get(resourceType)?.schema ?? { ...known, ...withKnown(catalog.shared) }

export const resourceTypeSources = (catalog: Catalog): ResourceTypeSource[] =>
  [...catalog.types].map(([key, { actions }]) => ({
    key,
    actions: [...actions].map(([name, { sensitive }]) => ({ name, sensitive })),
    ...(key === gatehouse ? { repairRole: ownerRole } : {}),
  }))

/** Whether the catalog knows `type:action`, or the type of `type:*`. */
export function knowsPermission(catalog: Catalog, permission: string): boolean {
  const { resourceType, action } = splitPermission(permission)
  const type = catalog.types.get(resourceType)
  return type !== undefined && (action === '*' || type.actions.has(action))
}
