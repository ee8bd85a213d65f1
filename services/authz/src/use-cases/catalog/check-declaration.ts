/** Whether an application can be declared as its manifest says, beside everything else that is declared. */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import type { Application } from '../../domain/catalog.ts'
import { checkingManifest, type ManifestCheck } from '../../domain/manifest.ts'
import type { ParsedBefore } from '../../domain/policy-definition.ts'
import { done, type Outcome } from '../../model/refusal.ts'
import { listPoliciesInReach } from '../../store/policies.ts'
import { hasOrganizationRole, listRolesInReach } from '../../store/roles.ts'

/** Parses its conditions before a lock is taken: that takes the longest. */
export const parseDeclaration = (
  { parseConditions }: Pick<Deps, 'parseConditions'>,
  { manifest, signal }: { manifest: ApplicationManifest; signal?: AbortSignal | undefined },
): Promise<ParsedBefore> =>
  parseConditions(
    manifest.policies.flatMap(({ when }) => when ?? []),
    { orgId: platform, signal },
  )

/** The key of the platform's own work, beside those of organizations. */
const platform = 'platform'

type Around = {
  readonly declared: readonly Application[]
  readonly parsed: ParsedBefore
  readonly signal?: AbortSignal | undefined
}

/** Whether it can be declared beside everything else that is. */
export async function checkDeclaration(
  tx: Queryable,
  { key, manifest }: Application,
  { declared, parsed, signal }: Around,
): Promise<Outcome<ManifestCheck>> {
  const applications = declared.filter((application) => application.key !== key)
  const roles = (await listRolesInReach(tx, undefined)).flatMap((role) =>
    role.application === null || role.application === key ? [] : [{ ...role, application: role.application }],
  )
  const policies = (await listPoliciesInReach(tx, undefined)).filter((policy) => policy.application !== key)
  const policyKeys = new Set(policies.map((policy) => policy.key))
  const check = await inTurns(checkingManifest({ key, manifest }, { applications, roles, policyKeys, parsed }), {
    work: 'manifest',
    key: platform,
    signal,
  })
  if (check.errors.length > 0) return { kind: 'invalid', errors: check.errors }
  if (check.conflicts.length > 0) return { kind: 'conflicting', errors: check.conflicts }
  if (check.policyErrors.length > 0) return { kind: 'invalid_policy', errors: check.policyErrors }
  if (
    await hasOrganizationRole(
      tx,
      manifest.roles.map((role) => role.key),
    )
  ) {
    return {
      kind: 'conflicting',
      errors: [{ path: '/roles', message: 'an organization has a role of its own with one of these keys' }],
    }
  }
  return done(check)
}
