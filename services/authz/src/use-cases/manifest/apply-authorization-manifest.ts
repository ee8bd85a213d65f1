/** Brings an organization to a document: compared, checked and applied as a whole or not at all. */
import type { AuthorizationManifest, ManifestChange } from '@gatehouse/contracts/http/authz/authorization-manifest'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Work } from '@gatehouse/policy/compile/work'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { checkingStep, delegating, type ManifestStep } from '../../domain/manifest-check.ts'
import { comparing, completed, type FullManifest } from '../../domain/manifest-diff.ts'
import { permissions } from '../../domain/platform.ts'
import type { ParsedBefore } from '../../domain/policy-definition.ts'
import { listActiveMembershipIds, listOwnRows } from '../../store/manifests.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { documenting, tagging } from './manifest-of.ts'
import { changeModel, type OpenModel } from '../../model/open-model.ts'
import { done, notDelegable, type Outcome } from '../../model/refusal.ts'
import { writeManifest } from './write-manifest.ts'

/** `isExpected` judges the tag of what is in force by the request's precondition. */
export type ManifestApplication = {
  manifest: AuthorizationManifest
  dryRun: boolean
  isExpected(tag: string): boolean
  signal?: AbortSignal | undefined
}

export type Applied = { applied: boolean; changes: ManifestChange[]; tag: string }

/** @throws AppError `forbidden`, `validation_failed`, `invalid_policy`, `precondition_failed` */
export async function applyAuthorizationManifest(
  deps: Deps,
  caller: OrgCaller,
  input: ManifestApplication,
): Promise<Applied> {
  for (const permission of [permissions.writeRoles, permissions.writePolicies, permissions.assignRoles])
    await requirePermission(deps, caller, permission)
  const { orgId } = caller
  // Before the lock is taken: parsing takes the longest.
  const conditions = (input.manifest.policies ?? []).flatMap(({ when }) => when ?? [])
  const parsed = await deps.parseConditions(conditions, { orgId, signal: input.signal })
  return changeModel(deps, caller, {
    change: (tx, model) => apply(tx, { model, caller, input, parsed, nowMs: model.nowMs }),
    forget(cached) {
      if (input.dryRun) return
      cached.dropModel(orgId)
      cached.dropMembers(orgId)
    },
  })
}

type Applying = {
  model: OpenModel
  caller: OrgCaller
  input: ManifestApplication
  parsed: ParsedBefore
  nowMs: number
}

async function apply(tx: Tx, applying: Applying): Promise<Outcome<Applied>> {
  const { model, caller, input } = applying
  const { orgId } = caller
  const turns = { work: 'manifest', key: orgId, signal: input.signal }
  const rows = await listOwnRows(tx, orgId)
  const current = await inTurns(documenting(rows, { keysById: keysOf(model) }), turns)
  const tag = await inTurns(tagging(current), turns)
  if (!input.isExpected(tag)) return { kind: 'changed' }
  const wanted = completed(input.manifest, current)
  const membershipIds = await listActiveMembershipIds(tx, { orgId, userIds: peopleIn(wanted) })
  const ofPlatform = [...model.roles.values()].filter((role) => role.orgId === null)
  const platformRoles = new Map(ofPlatform.map((role) => [role.key, role]))
  const changes = await inTurns(comparing(current, wanted), turns)
  const step: ManifestStep = {
    current,
    wanted,
    changes,
    catalog: model.catalog,
    rolesBefore: model.roles,
    policiesBefore: model.policies,
    rolesAfter: new Map([...wanted.roles.map((role) => [role.key, role] as const), ...platformRoles]),
  }
  const checked = await inTurns(checking(applying, { step, platformRoles, members: membershipIds }), turns)
  if (checked.kind !== 'done') return checked
  if (input.dryRun || changes.length === 0) return done({ applied: !input.dryRun, changes, tag })
  const conditions = checked.value
  await writeManifest(tx, { step, rows, platformRoles, membershipIds, conditions, orgId, actor: actorOf(caller) })
  const keysById = new Map((await listRolesInReach(tx, orgId)).map(({ id, key }) => [id, key]))
  const written = await inTurns(documenting(await listOwnRows(tx, orgId), { keysById }), turns)
  return done({ applied: true, changes, tag: await inTurns(tagging(written), turns) })
}

/** Whether the step can be made, and the conditions of its policies. */
function* checking(
  { model, input, parsed, nowMs }: Applying,
  {
    step,
    ...around
  }: { step: ManifestStep; platformRoles: ReadonlyMap<string, unknown>; members: ReadonlyMap<string, string> },
): Work<Outcome<ReadonlyMap<string, CheckedIr>>> {
  const { errors, policyErrors, conditions } = yield* checkingStep(step, {
    ...around,
    given: input.manifest,
    nowMs,
    parsed,
  })
  if (errors.length > 0) return { kind: 'invalid', errors: errors.slice(0, 50) }
  if (policyErrors.length > 0) return { kind: 'invalid_policy', errors: policyErrors.slice(0, 50) }
  const missing = yield* delegating(step, { delegable: model.delegable, conditions, nowMs })
  return missing.length > 0 ? notDelegable(missing) : done(conditions)
}

const keysOf = ({ rolesById }: OpenModel): ReadonlyMap<string, string> =>
  new Map([...rolesById].map(([id, { key }]) => [id, key]))

const peopleIn = ({ groups, assignments }: FullManifest): string[] => [
  ...new Set([
    ...groups.flatMap(({ members }) => members),
    ...assignments.flatMap(({ principal }) => ('user' in principal ? [principal.user] : [])),
  ]),
]
