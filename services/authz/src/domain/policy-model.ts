/**
 * One organization's rules as decisions read them. What they say is compiled once for all organizations whose rules say
 * the same; whose ids the roles have is the organization's own.
 */
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import type { Obligation } from '@gatehouse/policy/compile/decision'
import { compilingPolicySet, type PolicySet, type PolicySetSource } from '@gatehouse/policy/compile/policy-set'
import { lineageOf, type RoleSource } from '@gatehouse/policy/compile/roles'
import { finish, type Work } from '@gatehouse/policy/compile/work'
import { catalogOf, resourceTypeSources, type Application, type Catalog } from './catalog.ts'

/** `application`: whose a platform's own is. */
export type RoleRecord = RoleSource & {
  readonly id: string
  readonly orgId: string | null
  readonly application?: string | null
}
export type PolicyRecord = {
  readonly key: string
  readonly orgId: string | null
  readonly application?: string | null
  readonly effect: 'allow' | 'deny'
  readonly resourceType: string
  readonly actions: readonly string[]
  readonly roles: readonly string[] | null
  readonly condition: CheckedIr | null
  readonly obligation?: Obligation | null
}

/** The definitions in reach of one organization, the platform's among them. */
export type ModelRows = {
  readonly applications: readonly (Application & { readonly version: number })[]
  readonly roles: readonly RoleRecord[]
  readonly policies: readonly PolicyRecord[]
  readonly shadowed: ReadonlySet<string>
}

export type CompiledModel = {
  readonly catalog: Catalog
  readonly roles: ReadonlyMap<string, RoleSource>
  readonly set: PolicySet
  readonly source: PolicySetSource
  readonly platformKeysById: ReadonlyMap<string, string>
}
export type PolicyModel = CompiledModel & {
  /** Of the organization's own roles. */
  readonly keysById: ReadonlyMap<string, string>
  /** `type:action` of what a draft shadows: decisions about these are all recorded. */
  readonly shadowed: ReadonlySet<string>
}

/** @param catalog - of the same applications, where there is one already */
export const compileModel = (rows: ModelRows, catalog?: Catalog): CompiledModel => finish(compilingModel(rows, catalog))

/** `compileModel` in parts. */
export function* compilingModel(rows: ModelRows, catalog: Catalog = catalogOf(rows.applications)): Work<CompiledModel> {
  const roles = new Map<string, RoleSource>()
  for (const { key, permissions, inherits = [] } of platformFirst(rows.roles))
    if (!roles.has(key)) roles.set(key, { key, permissions, inherits })
  const source = {
    resourceTypes: resourceTypeSources(catalog),
    roles: [...roles.values()],
    policies: rows.policies.map(policySource),
  }
  return {
    catalog,
    roles,
    set: yield* compilingPolicySet(source),
    source,
    platformKeysById: new Map(rows.roles.filter(({ orgId }) => orgId === null).map(({ id, key }) => [id, key])),
  }
}

/** No organization can take the key of a platform role. */
const platformFirst = (roles: readonly RoleRecord[]): RoleRecord[] => [
  ...roles.filter((role) => role.orgId === null),
  ...roles.filter((role) => role.orgId !== null),
]

export const policySource = ({
  key,
  orgId,
  effect,
  resourceType,
  actions,
  roles,
  condition,
  obligation,
}: PolicyRecord): PolicySetSource['policies'][number] => ({
  key,
  scope: orgId === null ? 'platform' : 'organization',
  effect,
  resourceType,
  actions,
  ...(roles === null ? {} : { roles }),
  ...(condition === null ? {} : { when: condition }),
  ...(obligation ? { obligation } : {}),
})

/** What a policy says, as text. */
export const textOfPolicy = (policy: PolicyRecord): string => JSON.stringify(policySource(policy))

/**
 * Everything a compiled model is made of, as text: equal texts, equal models. A version of an application never
 * changes.
 * @param o.textOf - of a policy: its text, or what stands for it
 */
export const contentOf = (
  { applications, roles, policies }: ModelRows,
  { textOf = textOfPolicy }: { textOf?: (policy: PolicyRecord) => string } = {},
): string =>
  JSON.stringify([
    catalogContentOf({ applications }),
    platformFirst(roles).map(({ id, key, orgId, permissions, inherits }) => [
      key,
      orgId === null && id,
      permissions,
      inherits,
    ]),
    policies.map(textOf),
  ])

export const catalogContentOf = ({ applications }: Pick<ModelRows, 'applications'>): string =>
  JSON.stringify(applications.map(({ key, version }) => [key, version]))

/** The keys are those of `compiled`, so that there is each text once for all organizations. */
export const keysByIdOf = ({ roles }: ModelRows, compiled: CompiledModel): ReadonlyMap<string, string> =>
  new Map(roles.filter(({ orgId }) => orgId !== null).map(({ id, key }) => [id, compiled.roles.get(key)?.key ?? key]))

/** Keys of roles held, by the ids of their assignments; an id without a current role gives nothing. */
export const roleKeysOf = (
  model: Pick<PolicyModel, 'keysById' | 'platformKeysById'>,
  roleIds: Iterable<string>,
): string[] => [...roleIds].flatMap((id) => model.keysById.get(id) ?? model.platformKeysById.get(id) ?? [])

/** The roles whoever holds one of which has `key`: itself and all that inherit it. */
export function rolesThatGive(
  model: Pick<PolicyModel, 'roles' | 'keysById' | 'platformKeysById'>,
  key: string,
): { keys: ReadonlySet<string>; ids: string[] } {
  const keys = new Set([...model.roles.keys()].filter((one) => withInherited(model.roles, [one]).includes(key)))
  const named = [...model.keysById, ...model.platformKeysById]
  return { keys, ids: named.flatMap(([id, own]) => (keys.has(own) ? id : [])) }
}

/** Roles of a model never change; following their inheritance once is enough. */
const lineages = new WeakMap<ReadonlyMap<string, RoleSource>, Map<string, readonly string[]>>()

/** The keys and everything they inherit, each once. */
export function withInherited(roles: ReadonlyMap<string, RoleSource>, keys: readonly string[]): readonly string[] {
  if (keys.length === 0) return keys
  const known = lineages.get(roles) ?? new Map<string, readonly string[]>()
  lineages.set(roles, known)
  const lineage = (key: string): readonly string[] => {
    const found = known.get(key) ?? (roles.has(key) ? [...lineageOf(roles, key)] : [key])
    known.set(key, found)
    return found
  }
  const [only] = keys
  return keys.length === 1 ? lineage(only as string) : [...new Set(keys.flatMap(lineage))]
}
