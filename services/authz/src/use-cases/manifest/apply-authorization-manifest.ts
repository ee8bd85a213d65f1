/** Brings an organization to a document: compared, checked and applied as a whole or not at all. */
import type { AuthorizationManifest, ManifestChange } from '@gatehouse/contracts/http/authz/authorization-manifest'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { checkStep, missingForStep, type ManifestStep } from '../../domain/manifest-check.ts'
import { completed, manifestChanges, type FullManifest } from '../../domain/manifest-diff.ts'
import { permissions } from '../../domain/platform.ts'
import type { ParsedBefore } from '../../domain/policy-definition.ts'
import { listActiveMembershipIds, listOwnRows } from '../../store/manifests.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { manifestOf, tagOf } from './manifest-of.ts'
import { changeModel, type OpenModel } from '../open-model.ts'
import { done, notDelegable, type Outcome } from '../refusal.ts'
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

async function apply(tx: Tx, { model, caller, input, parsed, nowMs }: Applying): Promise<Outcome<Applied>> {
  const { orgId } = caller
  const rows = await listOwnRows(tx, orgId)
  const current = manifestOf(rows, { keysById: keysOf(model) })
  const tag = tagOf(current)
  if (!input.isExpected(tag)) return { kind: 'changed' }
  const wanted = completed(input.manifest, current)
  const changes = manifestChanges(current, wanted)
  const membershipIds = await listActiveMembershipIds(tx, { orgId, userIds: peopleIn(wanted) })
  const ofPlatform = [...model.roles.values()].filter((role) => role.orgId === null)
  const platformRoles = new Map(ofPlatform.map((role) => [role.key, role]))
  const step: ManifestStep = {
    current,
    wanted,
    changes,
    catalog: model.catalog,
    rolesBefore: model.roles,
    policiesBefore: model.policies,
    rolesAfter: new Map([...wanted.roles.map((role) => [role.key, role] as const), ...platformRoles]),
  }
  const { errors, policyErrors, conditions } = checkStep(step, {
    given: input.manifest,
    platformRoles,
    members: membershipIds,
    nowMs,
    parsed,
  })
  if (errors.length > 0) return { kind: 'invalid', errors: errors.slice(0, 50) }
  if (policyErrors.length > 0) return { kind: 'invalid_policy', errors: policyErrors.slice(0, 50) }
  const missing = missingForStep(step, { delegable: model.delegable, conditions, nowMs })
  if (missing.length > 0) return notDelegable(missing)
  if (input.dryRun || changes.length === 0) return done({ applied: !input.dryRun, changes, tag })
  await writeManifest(tx, { step, rows, platformRoles, membershipIds, conditions, orgId, actor: actorOf(caller) })
  const keysById = new Map((await listRolesInReach(tx, orgId)).map(({ id, key }) => [id, key]))
  return done({ applied: true, changes, tag: tagOf(manifestOf(await listOwnRows(tx, orgId), { keysById })) })
}

const keysOf = ({ rolesById }: OpenModel): ReadonlyMap<string, string> =>
  new Map([...rolesById].map(([id, { key }]) => [id, key]))

const peopleIn = ({ groups, assignments }: FullManifest): string[] => [
  ...new Set([
    ...groups.flatMap(({ members }) => members),
    ...assignments.flatMap(({ principal }) => ('user' in principal ? [principal.user] : [])),
  ]),
]
