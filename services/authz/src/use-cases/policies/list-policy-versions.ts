/** Everything a policy has said, newest first. */
import type { PolicyVersion } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import type { Deps } from '../../deps.ts'
import { listPolicyVersions as listVersions } from '../../store/policies.ts'
import { policyVersionView } from '../../views/policy.ts'
import { readPolicies } from './read-policies.ts'

/** Newest first. @throws AppError `forbidden`, `not_found`, `invalid_cursor` */
export async function listPolicyVersions(
  deps: Deps,
  caller: OrgCaller,
  input: { policyId: string; limit: number; cursor?: string | undefined },
): Promise<PageOf<PolicyVersion>> {
  const after = decodeCursor(input.cursor, 1, ([version]) => typeof version === 'number')
  const rows = await readPolicies(deps, caller, (tx) =>
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
