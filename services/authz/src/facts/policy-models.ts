/**
 * Compiled policy models of organizations. What an organization's rules say is compiled once for everybody whose rules
 * say the same: 10,000 organizations with the same roles cost one compiled set and, each, the ids of their own roles.
 */
import { createHash } from 'node:crypto'
import { finish, type Work } from '@gatehouse/policy/compile/work'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { gauge } from '@gatehouse/service-kit/telemetry/metrics'
import { catalogOf, type Catalog } from '../domain/catalog.ts'
import { LRUCache } from 'lru-cache'
import { createDroppingCache } from './dropping-cache.ts'
import {
  catalogContentOf,
  compilingModel,
  contentOf,
  keysByIdOf,
  type CompiledModel,
  type ModelRows,
  textOfPolicy,
  type PolicyModel,
  type PolicyRecord,
} from '../domain/policy-model.ts'
import { listApplications } from '../store/catalog.ts'
import type { PolicyRows } from './policy-rows.ts'
import { listShadowedPermissions } from '../store/policy-shadows.ts'
import { listRolesInReach } from '../store/roles.ts'

export type PolicyModels = {
  /** Of an organization; without one, what holds at platform scope. */
  get(orgId?: string): Promise<PolicyModel>
  /** The same without waiting, where it is in memory. */
  find(orgId?: string): PolicyModel | undefined
  /** As of a moment of the past. */
  getAt(orgId: string | undefined, at: Date): Promise<PolicyModel>
  /** Of one organization; `undefined`: of the platform, which every model contains. */
  drop(orgId: string | undefined): void
  clear(): void
  readonly size: { readonly organizations: number; readonly compiled: number }
}

/**
 * Entries kept. An organization is some 4 kB with 20 roles of its own; a compiled set of 20 roles and 20 policies some
 * 220 kB.
 */
const most = { organizations: 20_000, compiled: 500, catalogs: 5, past: 20 }
const platform = 'platform'

/** What is the organization's own, and the content of its rules, by which a compiled model is found. */
type Own = { readonly content: string } & Pick<PolicyModel, 'keysById' | 'shadowed'>

export function createPolicyModels(deps: { db: Db; policyRows: PolicyRows }): PolicyModels {
  const { db, policyRows } = deps
  const organizations = createDroppingCache<Own>({ most: most.organizations })
  const past = createDroppingCache<PolicyModel>({ most: most.past })
  // By what they are made of, so they never grow old.
  const compiled = new LRUCache<string, CompiledModel>({ max: most.compiled })
  const catalogs = new LRUCache<string, Catalog>({ max: most.catalogs })

  const compileOnce = createCompiler({ compiled, catalogs })

  const load = async (orgId: string | undefined): Promise<Own> => {
    const rows = await loadRows({ db, policyRows }, orgId)
    const key = orgId ?? platform
    const content = await inTurns(digesting(rows), { work: 'digest', key })
    const model = await compileOnce(rows, { content, key })
    return { content, keysById: keysByIdOf(rows, model), shadowed: rows.shadowed }
  }
  const get = async (orgId?: string): Promise<PolicyModel> => {
    const key = orgId ?? platform
    const own = await organizations.get(key, () => load(orgId))
    const model = compiled.get(own.content)
    if (model !== undefined) return ofOrganization(own, model)
    // Compiled models are fewer than organizations and this one has gone; what the rules say now may be something else.
    organizations.drop(key)
    return get(orgId)
  }
  countKept({ organizations, compiled })
  return {
    get,
    find(orgId) {
      const own = organizations.find(orgId ?? platform)?.value
      const model = own && compiled.get(own.content)
      return model && ofOrganization(own, model)
    },
    getAt: (orgId, at) =>
      past.get(`${orgId ?? platform} ${at.getTime()}`, async () => {
        const rows = await loadRows({ db, policyRows }, orgId, at)
        const model = await inTurns(compilingModel(rows), { work: 'compile', key: orgId ?? platform })
        return ofRows(rows, model)
      }),
    drop: (orgId) => (orgId === undefined ? organizations.clear() : organizations.drop(orgId)),
    clear: () => [organizations, past].forEach((cache) => cache.clear()),
    get size() {
      return { organizations: organizations.size, compiled: compiled.size }
    },
  }
}

/** Compiles what is not kept, in turns; those who want the same meanwhile wait for it. */
function createCompiler({
  compiled,
  catalogs,
}: {
  compiled: LRUCache<string, CompiledModel>
  catalogs: LRUCache<string, Catalog>
}): (rows: ModelRows, o: { content: string; key: string }) => Promise<CompiledModel> {
  const underway = new Map<string, Promise<CompiledModel>>()
  return (rows, { content, key }) => {
    const known = compiled.get(content)
    if (known !== undefined) return Promise.resolve(known)
    const waited = underway.get(content)
    if (waited !== undefined) return waited
    const catalog = findOrKeep(catalogs, catalogContentOf(rows), () => catalogOf(rows.applications))
    const compiling = inTurns(compilingModel(rows, catalog), { work: 'compile', key })
      .then((model) => {
        compiled.set(content, model)
        return model
      })
      .finally(() => underway.delete(content))
    underway.set(content, compiling)
    return compiling
  }
}

/** Shows an operator how many models the process keeps. */
const countKept = (kept: Record<'organizations' | 'compiled', { readonly size: number }>): void =>
  gauge(
    'authz_policy_models',
    'Rules kept in memory: of organizations, and compiled for all whose rules say the same',
    () => Object.entries(kept).map(([name, { size }]) => ({ value: size, labels: { kept: name } })),
  )

const digest = (text: string): string => createHash('sha256').update(text).digest('base64')

/** A version of a policy is one object (`policy-rows.ts`) and says the same for ever. */
const digests = new WeakMap<PolicyRecord, string>()

function digestOfPolicy(policy: PolicyRecord): string {
  const known = digests.get(policy) ?? digest(textOfPolicy(policy))
  digests.set(policy, known)
  return known
}

const stepsToDigest = 5_000

/** What the rules say, as a digest; each policy that was not met before is a part. */
function* digesting(rows: ModelRows): Work<string> {
  for (const policy of rows.policies) {
    if (digests.has(policy)) continue
    digestOfPolicy(policy)
    yield stepsToDigest
  }
  return digest(contentOf(rows, { textOf: digestOfPolicy }))
}

const ofOrganization = ({ keysById, shadowed }: Own, model: CompiledModel): PolicyModel => ({
  ...model,
  keysById,
  shadowed,
})

function findOrKeep<V extends object>(kept: LRUCache<string, V>, key: string, make: () => V): V {
  const value = kept.get(key) ?? make()
  kept.set(key, value)
  return value
}

export const modelOf = (rows: ModelRows): PolicyModel => ofRows(rows, finish(compilingModel(rows)))

const ofRows = (rows: ModelRows, model: CompiledModel): PolicyModel => ({
  ...model,
  keysById: keysByIdOf(rows, model),
  shadowed: rows.shadowed,
})

const nothingShadowed: ReadonlySet<string> = new Set()

/** One transaction, so roles, policies and catalog belong together; sent without waiting in between. */
export function loadRows(
  { db, policyRows }: { db: Db; policyRows: PolicyRows },
  orgId: string | undefined,
  at?: Date,
): Promise<ModelRows> {
  return inScope(db, orgId === undefined ? {} : { orgId }, async (tx) => {
    const [applications, roles, policies, shadowed] = await Promise.all([
      listApplications(tx, at),
      listRolesInReach(tx, orgId, at),
      policyRows.inReach(tx, orgId, at),
      orgId === undefined || at !== undefined ? nothingShadowed : listShadowedPermissions(tx, orgId),
    ])
    return { applications, roles, policies, shadowed: shadowed.size === 0 ? nothingShadowed : shadowed }
  })
}
