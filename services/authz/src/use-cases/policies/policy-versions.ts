/** What a policy has said: its versions, what changed between two of them, and an earlier one put in force again. */
import type { Policy } from '@gatehouse/contracts/http/authz/policies'
import type { Change, PolicyVersion } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { changesBetween } from '../../domain/changes.ts'
import { permissions } from '../../domain/platform.ts'
import { findPolicy, findPolicyVersion, listPolicyVersions as listVersions } from '../../store/policies.ts'
import { changePolicies, supersedePolicy } from './change-policies.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { policyContent, policyVersionView } from '../views.ts'

/** Newest first. @throws AppError `forbidden`, `not_found`, `invalid_cursor` */
export async function listPolicyVersions(
  deps: Deps,
  caller: OrgCaller,
  input: { policyId: string; limit: number; cursor?: string | undefined },
): Promise<PageOf<PolicyVersion>> {
  const after = decodeCursor(input.cursor, 1, ([version]) => typeof version === 'number')
  const rows = await reading(deps, caller, (tx) =>
    listVersions(tx, {
      orgId: caller.orgId,
      id: input.policyId,
      limit: input.limit + 1,
      ...(after ? { beforeVersion: Number(after[0]) } : {}),
    }),
  )
  if (rows.length === 0 && !after) throw problem('not_found')
  const { data, page } = pageOf(rows, input.limit, (row) => [row.version])
  return { data: data.map(policyVersionView), page }
}

/** @throws AppError `forbidden`, `not_found` */
export async function getPolicyVersion(
  deps: Deps,
  caller: OrgCaller,
  { policyId, version }: { policyId: string; version: number },
): Promise<PolicyVersion> {
  const row = await reading(deps, caller, (tx) => findPolicyVersion(tx, { orgId: caller.orgId, id: policyId, version }))
  if (!row) throw problem('not_found')
  return policyVersionView(row)
}

/** Without `to` up to the newest, without `from` since the one before. @throws AppError `forbidden`, `not_found` */
export async function diffPolicyVersions(
  deps: Deps,
  caller: OrgCaller,
  o: { policyId: string; from?: number | undefined; to?: number | undefined },
): Promise<{ from: number; to: number; changes: Change[] }> {
  const about = { orgId: caller.orgId, id: o.policyId }
  const [before, after] = await reading(deps, caller, async (tx) => {
    const newer =
      o.to === undefined
        ? (await listVersions(tx, { ...about, limit: 1 }))[0]
        : await findPolicyVersion(tx, { ...about, version: o.to })
    return [newer && (await findPolicyVersion(tx, { ...about, version: o.from ?? newer.version - 1 })), newer]
  })
  if (!before || !after) throw problem('not_found')
  return {
    from: before.version,
    to: after.version,
    changes: changesBetween(policyContent(before), policyContent(after)),
  }
}

/** `isExpected` judges the version in force. @throws AppError `forbidden`, `not_found`, `invalid_policy`, `precondition_failed` */
export const rollbackPolicy = (
  deps: Deps,
  caller: OrgCaller,
  input: { policyId: string; version: number; isExpected(version: number): boolean },
): Promise<Policy> =>
  changePolicies(deps, caller, async (tx, model) => {
    const about = { orgId: caller.orgId, id: input.policyId }
    const known = await findPolicy(tx, about)
    const earlier = await findPolicyVersion(tx, { ...about, version: input.version })
    if (!known || !earlier) return { kind: 'not_found' }
    if (!input.isExpected(known.version)) return { kind: 'changed' }
    return supersedePolicy(tx, { model, known, source: { key: known.key, ...policyContent(earlier) }, caller })
  })

async function reading<T>(deps: Deps, caller: OrgCaller, read: (tx: Tx) => Promise<T>): Promise<T> {
  await requirePermission(deps, caller, permissions.readPolicies)
  return inScope(deps.db, { orgId: caller.orgId }, read)
}
