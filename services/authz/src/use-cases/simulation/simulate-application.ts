/**
 * An application's manifest that is not in force, tried on recorded decisions of all organizations: each decided again
 * by the rules of its own organization, as they are and as they would be. Crosses tenants, so it is the platform
 * administrators' and reads by the system role.
 */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { ApplicationSimulation, ApplicationSimulationRequest } from '@gatehouse/contracts/http/authz/simulation'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { LRUCache } from 'lru-cache'
import { createTurns, inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { countImpact, rulesChange, type RulesChange } from '../../domain/impact.ts'
import type { ManifestCheck } from '../../domain/manifest.ts'
import { permissions } from '../../domain/platform.ts'
import { compilingModel, contentOf, type ModelRows } from '../../domain/policy-model.ts'
import { listApplications } from '../../store/catalog.ts'
import type { About } from '../../store/decisions.ts'
import { rowContent } from '../../store/policies.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { recordedDecisions, stepsPerSimulation, windowOf } from './impact.ts'
import { loadRows } from '../../facts/policy-models.ts'
import { checkDeclaration, parseDeclaration } from '../catalog/check-declaration.ts'
import { valueOf } from '../../model/refusal.ts'
import { applicationSimulationView } from '../../views/simulation.ts'

/** Rules that were compiled twice, as they are and as they would be; most organizations have the same. */
const mostChanges = 200

type Draft = { readonly key: string; readonly manifest: ApplicationManifest; readonly check: ManifestCheck }

/** @throws AppError `forbidden`, `validation_failed`, `invalid_policy`, `conflict`, `evaluation_too_expensive` */
export async function simulateApplication(
  deps: Deps,
  caller: UserCaller,
  { key, request, signal }: { key: string; request: ApplicationSimulationRequest; signal?: AbortSignal },
): Promise<ApplicationSimulation> {
  await requirePermission(deps, caller, permissions.writeCatalog, 'platform')
  const { manifest } = request
  const parsed = await parseDeclaration(deps, { manifest, signal })
  const { declared, checked } = await inScope(deps.system, {}, async (tx) => {
    const declared = await listApplications(tx)
    return { declared, checked: await checkDeclaration(tx, { key, manifest }, { declared, parsed, signal }) }
  })
  const check = valueOf(checked)
  const known = declared.find((application) => application.key === key)
  const about: About[] = [
    ...new Set([...manifest.resource_types, ...(known?.manifest.resource_types ?? [])].map((type) => type.key)),
  ].map((resourceType) => ({ resourceType }))
  const changeOf = createChanges(deps, { draft: { key, manifest, check }, signal })
  const { add, impact } = countImpact()
  const turns = createTurns({ work: 'simulation', key: 'platform', signal, most: stepsPerSimulation })
  for await (const page of recordedDecisions({ db: deps.system, about, window: windowOf(request) })) {
    for (const record of page) {
      if (turns.isOver) await turns.next()
      turns.took(add(record, await changeOf(record.orgId)))
    }
    await turns.next()
  }
  return applicationSimulationView(key, impact)
}

/** Of an organization, compiled once for all whose own rules say the same. */
function createChanges(
  { db, factCache: { policyRows } }: Pick<Deps, 'db' | 'factCache'>,
  { draft, signal }: { draft: Draft; signal: AbortSignal | undefined },
): (orgId: string) => Promise<RulesChange> {
  const byOrganization = new Map<string, string>()
  const byContent = new LRUCache<string, RulesChange>({ max: mostChanges })
  return async (orgId) => {
    const known = byContent.get(byOrganization.get(orgId) ?? '')
    if (known !== undefined) return known
    const rows = await loadRows({ db, policyRows }, orgId)
    const content = contentOf(rows)
    const compiled = async (of: ModelRows) =>
      (await inTurns(compilingModel(of), { work: 'compile', key: 'platform', signal })).set
    const change =
      byContent.get(content) ?? rulesChange(await compiled(rows), await compiled(withManifest(rows, draft)))
    byOrganization.set(orgId, content)
    byContent.set(content, change)
    return change
  }
}

/** The rules as they would be. */
function withManifest(rows: ModelRows, { key, manifest, check }: Draft): ModelRows {
  const isOther = ({ application }: { readonly application?: string | null }): boolean => application !== key
  const ids = new Map(rows.roles.map((role) => [role.key, role.id]))
  return {
    ...rows,
    applications: [
      ...rows.applications.filter((application) => application.key !== key),
      { key, manifest, version: 0 },
    ],
    roles: [
      ...rows.roles.filter(isOther),
      ...manifest.roles.map((role) => ({ ...role, id: ids.get(role.key) ?? newId('role'), orgId: null })),
    ],
    policies: [
      ...rows.policies.filter(isOther),
      ...manifest.policies.map((source) => ({
        key: source.key,
        orgId: null,
        ...rowContent(source, check.conditions.get(source.key)),
      })),
    ],
  }
}
