/**
 * Writes the difference between an organization and its document, with the event of each change. What holds something
 * ends first and begins last, so that an assignment never meets a role or a group that is not there.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import type { ManifestChange } from '@gatehouse/contracts/http/authz/authorization-manifest'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { ManifestStep } from '../../domain/manifest-check.ts'
import { assignmentKey, entriesOf, type FullManifest } from '../../domain/manifest-diff.ts'
import { closeAssignment, endAssignmentsOfRoles, insertAssignment, lockRoleHolder } from '../../store/assignments.ts'
import {
  closeGroup,
  closeGroupMember,
  endGroupHoldings,
  insertGroup,
  insertGroupMember,
  insertNextGroup,
} from '../../store/groups.ts'
import type { OwnRows } from '../../store/manifests.ts'
import { claimPolicyDraft } from '../../store/policy-drafts.ts'
import { closePolicy, insertNextPolicy, insertPolicy, rowContent } from '../../store/policies.ts'
import { closeRole, insertNextRole, insertRole } from '../../store/roles.ts'
import { principalIdOf, type GroupRow, type RoleRow } from '../../store/schema.ts'
import { announcePolicyCreated, announcePolicyDeleted, announcePolicyUpdated } from '../../announce/policy.ts'
import { announceRoleCreated, announceRoleDeleted, announceRoleUpdated } from '../../announce/role.ts'
import { announceAssignmentCreated, announceAssignmentEnded } from '../../announce/assignment.ts'
import {
  announceGroupCreated,
  announceGroupDeleted,
  announceGroupMemberAdded,
  announceGroupMemberRemoved,
  announceGroupUpdated,
} from '../../announce/group.ts'

export type Writing = {
  readonly step: ManifestStep
  readonly rows: OwnRows
  readonly platformRoles: ReadonlyMap<string, RoleRow>
  readonly membershipIds: ReadonlyMap<string, string>
  readonly conditions: ReadonlyMap<string, CheckedIr>
  readonly orgId: string
  readonly actor: Actor
}

export async function writeManifest(tx: Tx, writing: Writing): Promise<void> {
  const roleIds = new Map([...writing.platformRoles.values(), ...writing.rows.roles].map(({ key, id }) => [key, id]))
  const groupIds = new Map(writing.rows.groups.map(({ key, id }) => [key, id]))
  await endAssignments(tx, writing, { roleIds, groupIds })
  for (const change of changesOf(writing, 'roles')) await writeRole(tx, writing, { change, roleIds })
  for (const change of changesOf(writing, 'groups')) await writeGroup(tx, writing, { change, groupIds })
  for (const change of changesOf(writing, 'policies')) await writePolicy(tx, writing, change)
  await beginAssignments(tx, writing, { roleIds, groupIds })
}

const changesOf = ({ step }: Writing, part: ManifestChange['part']): ManifestChange[] =>
  step.changes.filter((change) => change.part === part)

/** Everything was read and checked under the lock of the model. */
function sure<T>(row: T | undefined): T {
  if (row === undefined) throw new Error('the organization changed under the lock of its model')
  return row
}

type Ids = { roleIds: Map<string, string>; groupIds: Map<string, string> }

/** An end that changes is another assignment. */
async function endAssignments(tx: Tx, writing: Writing, { roleIds, groupIds }: Ids): Promise<void> {
  const ending = new Set(
    changesOf(writing, 'assignments')
      .filter(({ kind }) => kind !== 'create')
      .map(({ key }) => key),
  )
  const roleKeys = new Map([...roleIds].map(([key, id]) => [id, key]))
  const groupKeys = new Map([...groupIds].map(([key, id]) => [id, key]))
  for (const row of writing.rows.assignments) {
    const principalId = principalIdOf(row)
    const group = groupKeys.get(principalId)
    const resource =
      row.resourceType === null || row.resourceId === null
        ? {}
        : { resource: { type: row.resourceType, id: row.resourceId } }
    const key = assignmentKey({
      principal: group === undefined ? { user: principalId } : { group },
      role: roleKeys.get(row.roleId) ?? '',
      ...resource,
    })
    if (!ending.has(key)) continue
    await announceAssignmentEnded(tx, {
      row: sure(await closeAssignment(tx, row.id)),
      orgId: writing.orgId,
      actor: writing.actor,
    })
  }
}

async function beginAssignments(tx: Tx, writing: Writing, { roleIds, groupIds }: Ids): Promise<void> {
  const { step, membershipIds, orgId, actor } = writing
  const wanted = entriesOf(step.wanted, 'assignments')
  for (const { key, kind } of changesOf(writing, 'assignments')) {
    const assignment = wanted.get(key)
    if (kind === 'delete' || !assignment) continue
    const { principal, role, resource, expires_at: end } = assignment
    const row = await insertAssignment(tx, {
      orgId,
      principalType: 'user' in principal ? 'user' : 'group',
      principalId: 'user' in principal ? principal.user : sure(groupIds.get(principal.group)),
      membershipId: 'user' in principal ? sure(membershipIds.get(principal.user)) : null,
      roleId: sure(roleIds.get(role)),
      resourceType: resource?.type ?? null,
      resourceId: resource?.id ?? null,
      expiresAt: end === undefined ? null : new Date(end),
      givenBy: actor,
    })
    await announceAssignmentCreated(tx, { row: sure(row), orgId, actor })
  }
}

async function writeRole(
  tx: Tx,
  { step, rows, orgId, actor }: Writing,
  { change, roleIds }: { change: ManifestChange; roleIds: Map<string, string> },
): Promise<void> {
  const { key, kind } = change
  const known = rows.roles.find((row) => row.key === key)
  const wanted = entriesOf(step.wanted, 'roles').get(key)
  const content = {
    name: wanted?.name ?? key,
    permissions: wanted?.permissions ?? [],
    inherits: wanted?.inherits ?? [],
  }
  if (kind === 'create') {
    const row = sure(await insertRole(tx, { id: newId('role'), version: 1, orgId, application: null, key, ...content }))
    roleIds.set(key, row.id)
    return announceRoleCreated(tx, { row, orgId, actor })
  }
  const closed = sure(await closeRole(tx, sure(known)))
  if (kind === 'update')
    return announceRoleUpdated(tx, { row: await insertNextRole(tx, closed, content), orgId, actor })
  await endAssignmentsOfRoles(tx, [closed.id])
  return announceRoleDeleted(tx, { row: closed, orgId, actor })
}

async function writePolicy(
  tx: Tx,
  { step, rows, conditions, orgId, actor }: Writing,
  { key, kind }: ManifestChange,
): Promise<void> {
  const known = rows.policies.find((row) => row.key === key)
  const wanted = entriesOf(step.wanted, 'policies').get(key)
  if (kind === 'delete') {
    const row = sure(await closePolicy(tx, sure(known)))
    await claimPolicyDraft(tx, { policyId: row.id })
    return announcePolicyDeleted(tx, { row, orgId, actor })
  }
  const content = rowContent(sure(wanted), conditions.get(key))
  if (kind === 'create')
    return announcePolicyCreated(tx, {
      row: sure(await insertPolicy(tx, { id: newId('pol'), version: 1, orgId, application: null, key, ...content })),
      orgId,
      actor,
    })
  const closed = sure(await closePolicy(tx, sure(known)))
  return announcePolicyUpdated(tx, { row: await insertNextPolicy(tx, closed, content), orgId, actor })
}

async function writeGroup(
  tx: Tx,
  writing: Writing,
  { change, groupIds }: { change: ManifestChange; groupIds: Map<string, string> },
): Promise<void> {
  const { key, kind } = change
  const { step, rows, orgId, actor } = writing
  const known = rows.groups.find((row) => row.key === key)
  const wanted = entriesOf(step.wanted, 'groups').get(key)
  if (kind === 'delete') {
    const row = sure(await closeGroup(tx, sure(known)))
    await endGroupHoldings(tx, row.id)
    return announceGroupDeleted(tx, { row, actor })
  }
  const group = await groupNamed(tx, { known, orgId, key, name: sure(wanted).name, actor })
  groupIds.set(key, group.id)
  await writeMembers(tx, writing, { groupId: group.id, wanted: sure(wanted) })
}

async function groupNamed(
  tx: Tx,
  o: { known: GroupRow | undefined; orgId: string; key: string; name: string; actor: Actor },
): Promise<GroupRow> {
  const { known, actor } = o
  if (known?.name === o.name) return known
  if (known) {
    const row = await insertNextGroup(tx, sure(await closeGroup(tx, known)), { name: o.name })
    await announceGroupUpdated(tx, { row, actor })
    return row
  }
  const row = sure(await insertGroup(tx, { id: newId('grp'), version: 1, orgId: o.orgId, key: o.key, name: o.name }))
  await announceGroupCreated(tx, { row, actor })
  return row
}

async function writeMembers(
  tx: Tx,
  { rows, membershipIds, orgId, actor }: Writing,
  { groupId, wanted }: { groupId: string; wanted: FullManifest['groups'][number] },
): Promise<void> {
  const before = rows.members.filter((member) => member.groupId === groupId).map(({ userId }) => userId)
  for (const userId of before.filter((id) => !wanted.members.includes(id))) {
    const belonging = sure(await closeGroupMember(tx, { groupId, userId }))
    const { version } = sure(await lockRoleHolder(tx, belonging.membershipId))
    await announceGroupMemberRemoved(tx, { belonging, version, actor })
  }
  for (const userId of wanted.members.filter((id) => !before.includes(id))) {
    const belonging = { orgId, groupId, membershipId: sure(membershipIds.get(userId)), userId }
    const { version } = sure(await lockRoleHolder(tx, belonging.membershipId))
    if (await insertGroupMember(tx, { ...belonging, addedBy: actor }))
      await announceGroupMemberAdded(tx, { belonging, version, actor })
  }
}
