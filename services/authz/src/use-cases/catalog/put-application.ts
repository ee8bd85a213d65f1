/**
 * Declares an application: its resource types, permissions, platform roles and platform policies are replaced as a
 * whole in one transaction. Saying the same again changes nothing. Roles keep their id as long as their key stays, so
 * whoever holds one keeps it.
 */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { catalogLoss, isBrokenBy } from '../../domain/catalog-change.ts'
import { catalogOf, type Application } from '../../domain/catalog.ts'
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
import { eachPolicyNaming } from '../../store/policies.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { announceCatalog } from '../../announce/catalog.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import type { VersionedApplication } from './get-application.ts'
import { done, valueOf, type Outcome } from '../../model/refusal.ts'
import { checkDeclaration, parseDeclaration } from './check-declaration.ts'
import { replaceApplicationPolicies, replaceApplicationRoles } from './replace-application.ts'
import { applicationView } from '../../views/application.ts'

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

const mostNamed = 20

/**
 * Policies of organizations and of other applications that name what the declaration takes away; they have to change
 * first.
 */
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
