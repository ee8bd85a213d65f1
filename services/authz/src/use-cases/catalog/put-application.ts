/**
 * Declares an application: its resource types, permissions, platform roles and platform policies are replaced as a whole in one transaction.
 * Saying the same again changes nothing. Roles keep their id as long as their key stays, so whoever holds one keeps it.
 */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { catalogLoss, isBrokenBy } from '../../domain/catalog-change.ts'
import { catalogOf, type Application } from '../../domain/catalog.ts'
import { checkingManifest, type ManifestCheck } from '../../domain/manifest.ts'
import { gatehouse, permissions } from '../../domain/platform.ts'
import type { ParsedBefore } from '../../domain/policy-definition.ts'
import type { DefinitionError } from '../../domain/role-definition.ts'
import {
  closeApplication,
  insertApplication,
  isApplicationUnchanged,
  listApplications,
  lockCatalog,
  replaceResourceTypes,
} from '../../store/catalog.ts'
import { eachPolicyNaming, listPoliciesInReach } from '../../store/policies.ts'
import { hasOrganizationRole, listRolesInReach } from '../../store/roles.ts'
import { announceCatalog } from '../announce/catalog.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import type { VersionedApplication } from './get-application.ts'
import { done, valueOf, type Outcome } from '../refusal.ts'
import { replaceApplicationPolicies, replaceApplicationRoles } from './replace-application.ts'
import { applicationView } from '../views.ts'

/** `isExpected` judges the version in force by the request's precondition. */
type Declaration = {
  key: string
  manifest: ApplicationManifest
  isExpected(version: number): boolean
  signal?: AbortSignal | undefined
}

/** @throws AppError `forbidden`, `validation_failed`, `invalid_policy`, `conflict`, `precondition_failed` */
export async function putApplication(
  deps: Deps,
  caller: UserCaller,
  input: Declaration,
): Promise<VersionedApplication> {
  await requirePermission(deps, caller, permissions.writeCatalog, 'platform')
  if (input.key === gatehouse) throw problem('forbidden', { detail: 'Gatehouse itself is not declared from outside.' })
  const parsed = await parseDeclaration(deps, input)
  const outcome = await deps.spine.write({}, (tx) => put(tx, { caller, input, parsed }), {
    db: 'system',
    announce: 'await',
  })
  deps.factCache.dropModel(undefined)
  return valueOf(outcome)
}

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

const mostNamed = 20

/** Policies of organizations and of other applications that name what the declaration takes away; they have to change first. */
async function policiesBrokenBy(
  tx: Tx,
  { input, declared }: { input: Declaration; declared: readonly Application[] },
): Promise<DefinitionError[]> {
  const others = declared.filter(({ key }) => key !== input.key)
  const own = (await listRolesInReach(tx, undefined)).filter(({ application }) => application === input.key)
  const loss = catalogLoss(catalogOf(declared), catalogOf([...others, input]), {
    rolesBefore: own.map(({ key }) => key),
    rolesAfter: new Set(input.manifest.roles.map(({ key }) => key)),
  })
  const naming = { types: [...loss.types.keys()], roles: [...loss.roles], exceptApplication: input.key }
  if (naming.types.length + naming.roles.length === 0) return []
  const errors: DefinitionError[] = []
  for await (const policy of eachPolicyNaming(tx, naming)) {
    if (!isBrokenBy(loss, policy)) continue
    const whose = policy.orgId === null ? `the application ${policy.application}` : policy.orgId
    errors.push({
      path: '',
      message: `the policy ${policy.key} of ${whose} names what would be gone or of another type`,
    })
    if (errors.length === mostNamed) break
  }
  return errors
}

async function put(
  tx: Tx,
  { caller, input, parsed }: { caller: UserCaller; input: Declaration; parsed: ParsedBefore },
): Promise<Outcome<VersionedApplication>> {
  await lockCatalog(tx)
  const { key, manifest } = input
  const declared = await listApplications(tx)
  const known = declared.find((application) => application.key === key)
  if (!input.isExpected(known?.version ?? 0)) return { kind: 'changed' }
  if (known && (await isApplicationUnchanged(tx, input)))
    return done({ application: applicationView(input), version: known.version })
  const checked = await checkDeclaration(tx, input, { declared, parsed, signal: input.signal })
  if (checked.kind !== 'done') return checked
  const broken = await policiesBrokenBy(tx, { input, declared })
  if (broken.length > 0) return { kind: 'conflicting', errors: broken }
  const ended = await closeApplication(tx, key)
  const row = await insertApplication(tx, {
    id: ended?.id ?? newId('app'),
    version: (ended?.version ?? 0) + 1,
    key,
    manifest,
    ...(ended?.validTo ? { validFrom: ended.validTo } : {}),
  })
  await replaceResourceTypes(tx, { application: key, manifest })
  await replaceApplicationRoles(tx, input)
  await replaceApplicationPolicies(tx, { ...input, conditions: checked.value.conditions })
  await announceCatalog(tx, row, actorOf(caller))
  return done({ application: applicationView(input), version: row.version })
}
