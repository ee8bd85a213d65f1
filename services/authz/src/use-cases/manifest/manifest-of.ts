/** An organization's rows as its document: keys instead of ids, so it reads the same wherever it is applied. */
import { createHash } from 'node:crypto'
import type { Work } from '@gatehouse/policy/compile/work'
import { ordered, type FullManifest } from '../../domain/manifest-diff.ts'
import type { OwnRows } from '../../store/manifests.ts'
import { principalIdOf } from '../../store/schema.ts'
import { policyContent } from '../../views/policy.ts'

type Keys = { keysById: ReadonlyMap<string, string> }

const stepsPerRow = 100

/**
 * In parts: one for each list. @param o.keysById - of every role in reach; an assignment of a role that is gone is left
 * out
 */
export function* documenting(rows: OwnRows, { keysById }: Keys): Work<FullManifest> {
  const groupKeys = new Map(rows.groups.map(({ id, key }) => [id, key]))
  const policies = rows.policies.map((row) => ({ key: row.key, ...policyContent(row) }))
  yield stepsPerRow * (policies.length + rows.roles.length)
  const members = new Map(rows.groups.map(({ id }) => [id, [] as string[]]))
  for (const { groupId, userId } of rows.members) members.get(groupId)?.push(userId)
  yield stepsPerRow * rows.members.length
  const assignments = rows.assignments.flatMap((row) => assignmentIn(row, { keysById, groupKeys }))
  yield stepsPerRow * assignments.length
  return ordered({
    roles: rows.roles.map(({ key, name, permissions, inherits }) => ({ key, name, permissions, inherits })),
    policies,
    groups: rows.groups.map(({ id, key, name }) => ({
      key,
      name,
      members: members.get(id) ?? [],
    })),
    assignments,
  })
}

function assignmentIn(
  row: OwnRows['assignments'][number],
  { keysById, groupKeys }: Keys & { groupKeys: ReadonlyMap<string, string> },
): FullManifest['assignments'] {
  const role = keysById.get(row.roleId)
  const principalId = principalIdOf(row)
  const group = groupKeys.get(principalId)
  if (role === undefined || (row.principalType === 'group' && group === undefined)) return []
  return [
    {
      principal: group === undefined ? { user: principalId } : { group },
      role,
      ...(row.resourceType === null || row.resourceId === null
        ? {}
        : { resource: { type: row.resourceType, id: row.resourceId } }),
      ...(row.expiresAt === null ? {} : { expires_at: row.expiresAt.toISOString() }),
    },
  ]
}

const charactersPerStep = 10

/** Of its content: the same document has the same tag, however it came to be. In parts: one for each entry. */
export function* tagging(manifest: FullManifest): Work<string> {
  const hash = createHash('sha256')
  for (const [part, entries] of Object.entries(manifest)) {
    hash.update(`${part} ${entries.length} `)
    for (const entry of entries) {
      const text = JSON.stringify(entry)
      hash.update(text)
      yield text.length / charactersPerStep
    }
  }
  return hash.digest('base64url')
}
