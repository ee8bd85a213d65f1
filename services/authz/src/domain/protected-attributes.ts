/** Attributes that policies read of a subject or of the organization: who writes one gives what policies make of it. */
import type { Properties } from './attributes.ts'
import type { Catalog } from './catalog.ts'
import { changesBetween } from './changes.ts'
import { isOrganization, isPlatformPrincipal, type DirectoryKey } from './directory.ts'
import { attributesReadBy, type PolicyRule } from './policy-rights.ts'

type Source = 'user' | 'organization' | 'membership'

/** Of the policies of one model, which are read for each of many entities. */
const attributesRead = new WeakMap<readonly PolicyRule[], ReadonlySet<string>>()

function attributesReadOnce(policies: readonly PolicyRule[]): ReadonlySet<string> {
  const known = attributesRead.get(policies) ?? attributesReadBy(policies)
  attributesRead.set(policies, known)
  return known
}

/** Names of this source that some policy reads. */
export const protectedAttributes = (policies: readonly PolicyRule[], source: Source): string[] =>
  [...attributesReadOnce(policies)].flatMap((name) =>
    name.startsWith(`${source}.`) ? [name.slice(source.length + 1)] : [],
  )

/**
 * As what a stored entity is read beside being a resource. One of a type that an application declares is that
 * application's thing; any other may be the subject of a question, and stands in the place of a person and a member
 * then.
 */
function sourcesOf(entity: DirectoryKey, { types }: Catalog): Source[] {
  if (isPlatformPrincipal(entity)) return ['user']
  if (isOrganization(entity)) return ['organization']
  return types.has(entity.type) && entity.type !== 'user' ? [] : ['user', 'membership']
}

/** What of the change needs the permission to write attributes. */
export function protectedChanges(
  { catalog, policies }: { catalog: Catalog; policies: readonly PolicyRule[] },
  entity: DirectoryKey,
  { before, after }: { before: Properties; after: Properties },
): string[] {
  const names = new Set(sourcesOf(entity, catalog).flatMap((source) => protectedAttributes(policies, source)))
  return [...names].filter((name) => changesBetween(before[name], after[name]).length > 0).sort()
}
