/** What has to happen to bring one document to another: by key, in the order of the parts. */
import type { AuthorizationManifest, ManifestChange } from '@gatehouse/contracts/http/authz/authorization-manifest'
import { finish, type Work } from '@gatehouse/policy/compile/work'
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

const stepsPerKey = 20

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
    .map((assignment) => ({ key: assignmentKey(assignment), assignment }))
    .sort(byKey)
    .map(({ assignment }) => assignment),
})

const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1)

export const manifestChanges = (current: FullManifest, wanted: FullManifest): ManifestChange[] =>
  finish(comparing(current, wanted))

/** Steps of comparing two entries: as many members as one may have. */
const stepsToCompare = 5_000

/** `manifestChanges` in parts: one for each entry. */
export function* comparing(current: FullManifest, wanted: FullManifest): Work<ManifestChange[]> {
  const found: ManifestChange[] = []
  for (const part of parts) {
    const [before, after] = [entriesOf(current, part), entriesOf(wanted, part)]
    yield (before.size + after.size) * stepsPerKey
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const [old, next] = [before.get(key), after.get(key)]
      const changes = changesBetween(old ?? {}, next ?? {})
      yield stepsToCompare
      if (!old || !next || changes.length > 0)
        found.push({ part, key, kind: old && next ? 'update' : next ? 'create' : 'delete', changes })
    }
  }
  return found
}

/** Keys that stand twice in one part. */
export function repeatedKeys(manifest: AuthorizationManifest): DefinitionError[] {
  return parts.flatMap((part) => {
    const seen = new Set<string>()
    return (manifest[part] ?? []).flatMap((entry, index) => {
      const key = 'key' in entry ? entry.key : assignmentKey(entry)
      if (seen.has(key)) return [{ path: `/${part}/${index}`, message: `${key} is there already` }]
      seen.add(key)
      return []
    })
  })
}
