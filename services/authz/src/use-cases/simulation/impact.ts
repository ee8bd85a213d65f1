/** What a policy that is not in force would have meant for decisions of its organization that were recorded. */
import type { PolicySource } from '@gatehouse/contracts/http/authz/policies'
import { createTurns, inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { countImpact, rulesChange, type Impact } from '../../domain/impact.ts'
import { checkPolicyDefinition } from '../../domain/policy-definition.ts'
import { compilingModel, type CompiledModel, type ModelRows } from '../../domain/policy-model.ts'
import { listDecisions, type About, type ReadDecision } from '../../store/decisions.ts'
import { rowContent } from '../../store/policies.ts'
import type { FactCache } from '../../facts/fact-cache.ts'
import { loadRows } from '../../facts/policy-models.ts'

export type Window = { readonly since?: Date | undefined; readonly until?: Date | undefined; readonly most: number }

/** A megabyte or two at most, for a record is bound: they are taken apart in one piece. */
const pageSize = 100
/** Decisions looked at where nobody says how many: the newest. */
export const mostByDefault = 10_000

export const windowOf = ({
  since,
  until,
  limit = mostByDefault,
}: {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly limit?: number | undefined
}): Window => ({
  most: limit,
  since: since === undefined ? undefined : new Date(since),
  until: until === undefined ? undefined : new Date(until),
})

/** @throws AppError `invalid_policy`, `evaluation_too_expensive` */
export async function impactOf(
  { db, factCache: { policyRows } }: { db: Db; factCache: Pick<FactCache, 'policyRows'> },
  orgId: string,
  { source, window, signal }: { source: PolicySource; window: Window; signal?: AbortSignal | undefined },
): Promise<Impact> {
  const rows = await loadRows({ db, policyRows }, orgId)
  const compiling = { work: 'compile', key: orgId, signal }
  const before = await inTurns(compilingModel(rows), compiling)
  const after = await inTurns(
    compilingModel(rowsWith(rows, { model: before, orgId, source }), before.catalog),
    compiling,
  )
  const change = rulesChange(before.set, after.set)
  const { add, impact } = countImpact()
  const turns = createTurns({ work: 'simulation', key: orgId, signal, most: stepsPerSimulation })
  for await (const page of recordedDecisions({ db, orgId, about: aboutOf(rows, { orgId, source }), window })) {
    for (const record of page) {
      if (turns.isOver) await turns.next()
      turns.took(add(record, change))
    }
    await turns.next()
  }
  return impact
}

/** Steps all decisions of one simulation may take together: some seconds of nothing else, given way with in between. */
export const stepsPerSimulation = 100_000_000

/** The rules as they would be with `source` in the place of the policy of its key. */
function rowsWith(
  rows: ModelRows,
  { model, orgId, source }: { model: CompiledModel; orgId: string; source: PolicySource },
): ModelRows {
  const checked = checkPolicyDefinition(source, model)
  if (!checked.ok) throw problem('invalid_policy', { errors: checked.errors })
  const others = rows.policies.filter((policy) => policy.orgId !== orgId || policy.key !== source.key)
  return {
    ...rows,
    policies: [...others, { key: source.key, orgId, ...rowContent(source, checked.condition) }],
  }
}

/** What the policy is about, and what the one it replaces was: no other decision can come out otherwise. */
function aboutOf(rows: ModelRows, { orgId, source }: { orgId: string; source: PolicySource }): About[] {
  const replaced = rows.policies.filter((policy) => policy.orgId === orgId && policy.key === source.key)
  return [{ resourceType: source.resource_type, actions: source.actions }, ...replaced]
}

/**
 * Of an organization, or of all when `db` is the system's. Newest first, page by page, so that neither memory nor one
 * transaction grows with them.
 */
export async function* recordedDecisions({
  db,
  orgId,
  about,
  window,
}: {
  db: Db
  orgId?: string
  about: readonly About[]
  window: Window
}): AsyncGenerator<ReadDecision[]> {
  const { since, until, most } = window
  let after: ReadDecision | undefined
  for (let left = most; left > 0; left -= pageSize) {
    const limit = Math.min(left, pageSize)
    const page = await inScope(db, orgId === undefined ? {} : { orgId }, (tx) =>
      listDecisions(tx, { orgId, about, since, until, after, limit }),
    )
    yield page
    after = page.at(-1)
    if (page.length < limit) return
  }
}
