/** What has to happen to bring one document to another: by key, in the order of the parts. */
import type { AuthorizationManifest, ManifestChange } from '@gatehouse/contracts/http/authz/authorization-manifest'
import { changesBetween } from './changes.ts'
import type { DefinitionError } from './role-definition.ts'

export type FullManifest = Required<AuthorizationManifest>
type Part = keyof FullManifest
type Assignment = FullManifest['assignments'][number]

const parts = ['roles', 'policies', 'groups', 'assignments'] as const satisfies readonly Part[]

/** Who holds what, and where: an assignment has no other key. */
export const assignmentKey = ({ principal, role, resource }: Assignment): string =>
  [
    'user' in principal ? principal.user : `group ${principal.group}`,
    role,
    ...(resource ? [`${resource.type} ${resource.id}`] : []),
  ].join(' / ')

/** Entries by key; lists that are sets are in order, so that the order they were written in is no difference. */
export function entriesOf<P extends Part>(manifest: FullManifest, part: P): Map<string, FullManifest[P][number]> {
  const entries = manifest[part] as FullManifest[P][number][]
  return new Map(entries.map((entry) => ['key' in entry ? entry.key : assignmentKey(entry), entry]))
}

/** Parts the wanted document leaves out are as they are. */
export const completed = (wanted: AuthorizationManifest, current: FullManifest): FullManifest =>
  ordered({ ...current, ...wanted })

export const ordered = ({ roles, policies, groups, assignments }: FullManifest): FullManifest => ({
  roles: roles
    .map((role) => ({
      ...role,
      permissions: [...role.permissions].sort(),
      inherits: [...(role.inherits ?? [])].sort(),
    }))
    .sort(byKey),
  policies: [...policies].sort(byKey),
  groups: groups.map((group) => ({ ...group, members: [...group.members].sort() })).sort(byKey),
  assignments: assignments
    .map((assignment) =>
      assignment.expires_at === undefined
        ? assignment
        : { ...assignment, expires_at: new Date(assignment.expires_at).toISOString() },
    )
    .sort((a, b) => (assignmentKey(a) < assignmentKey(b) ? -1 : 1)),
})

const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1)

export const manifestChanges = (current: FullManifest, wanted: FullManifest): ManifestChange[] =>
  parts.flatMap((part) => partChanges(part, { current, wanted }))

function partChanges(
  part: Part,
  { current, wanted }: { current: FullManifest; wanted: FullManifest },
): ManifestChange[] {
  const [before, after] = [entriesOf(current, part), entriesOf(wanted, part)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, next] = [before.get(key), after.get(key)]
    const changes = changesBetween(old ?? {}, next ?? {})
    if (old && next && changes.length === 0) return []
    return [{ part, key, kind: old && next ? 'update' : next ? 'create' : 'delete', changes } as const]
  })
}

/** Keys that stand twice in one part. */
export function repeatedKeys(manifest: AuthorizationManifest): DefinitionError[] {
  return parts.flatMap((part) => {
    const keys = (manifest[part] ?? []).map((entry) => ('key' in entry ? entry.key : assignmentKey(entry)))
    return keys.flatMap((key, index) =>
      keys.indexOf(key) === index ? [] : [{ path: `/${part}/${index}`, message: `${key} is there already` }],
    )
  })
}
