/** An organization's rows as its document: keys instead of ids, so it reads the same wherever it is applied. */
import { createHash } from 'node:crypto'
import { ordered, type FullManifest } from '../../domain/manifest-diff.ts'
import type { OwnRows } from '../../store/manifests.ts'
import { principalIdOf } from '../../store/schema.ts'
import { policyContent } from '../views.ts'

/** @param o.keysById - of every role in reach; an assignment of a role that is gone is left out */
export function manifestOf(rows: OwnRows, { keysById }: { keysById: ReadonlyMap<string, string> }): FullManifest {
  const groupKeys = new Map(rows.groups.map(({ id, key }) => [id, key]))
  return ordered({
    roles: rows.roles.map(({ key, name, permissions, inherits }) => ({ key, name, permissions, inherits })),
    policies: rows.policies.map((row) => ({ key: row.key, ...policyContent(row) })),
    groups: rows.groups.map(({ id, key, name }) => ({
      key,
      name,
      members: rows.members.filter(({ groupId }) => groupId === id).map(({ userId }) => userId),
    })),
    assignments: rows.assignments.flatMap((row) => {
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
    }),
  })
}

/** Of its content: the same document has the same tag, however it came to be. */
export const tagOf = (manifest: FullManifest): string =>
  createHash('sha256').update(JSON.stringify(manifest)).digest('base64url')
