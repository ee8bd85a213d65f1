/**
 * The platform roles and policies of one application, brought to what its manifest says: what is unchanged stays, what
 * is gone ends.
 */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { endAssignmentsOfRoles } from '../../store/assignments.ts'
import {
  claimApplicationPolicyEnds,
  insertPolicy,
  listPoliciesInReach,
  rowContent,
  type PolicyRowContent,
} from '../../store/policies.ts'
import { claimApplicationRoleEnds, closeRole, insertNextRole, insertRole, listRolesInReach } from '../../store/roles.ts'

type Declared = { key: string; manifest: ApplicationManifest }

/** Roles that are gone are taken from everybody, in every organization. */
export async function replaceApplicationRoles(tx: Tx, { key: application, manifest }: Declared): Promise<void> {
  const gone = await claimApplicationRoleEnds(tx, { application, except: manifest.roles.map(({ key }) => key) })
  await endAssignmentsOfRoles(
    tx,
    gone.map(({ id }) => id),
  )
  const current = new Map(
    (await listRolesInReach(tx, undefined))
      .filter((role) => role.application === application)
      .map((role) => [role.key, role]),
  )
  for (const { key, name, permissions, inherits = [] } of manifest.roles) {
    const known = current.get(key)
    if (!known) {
      await mustInsert(
        insertRole(tx, { id: newId('role'), version: 1, orgId: null, application, key, name, permissions, inherits }),
      )
      continue
    }
    if (isSame([known.name, known.permissions, known.inherits], [name, permissions, inherits])) continue
    const ended = await closeRole(tx, { id: known.id, version: known.version })
    if (ended) await insertNextRole(tx, ended, { name, permissions, inherits })
  }
}

export async function replaceApplicationPolicies(
  tx: Tx,
  o: Declared & { conditions: ReadonlyMap<string, CheckedIr> },
): Promise<void> {
  const application = o.key
  const before = new Map(
    (await listPoliciesInReach(tx, undefined))
      .filter((policy) => policy.application === application)
      .map((policy) => [policy.key, policy]),
  )
  const contents = o.manifest.policies.map((source) => ({
    key: source.key,
    ...rowContent(source, o.conditions.get(source.key)),
  }))
  const unchanged = contents.filter((content) => {
    const known = before.get(content.key)
    return known !== undefined && isSame(ordered(content), ordered(known))
  })
  const ended = new Map(
    (await claimApplicationPolicyEnds(tx, { application, except: unchanged.map(({ key }) => key) })).map((row) => [
      row.key,
      row,
    ]),
  )
  for (const content of contents) {
    if (unchanged.includes(content)) continue
    const last = ended.get(content.key)
    const succession = last
      ? { id: last.id, version: last.version + 1, createdAt: last.createdAt, validFrom: last.validTo ?? last.validFrom }
      : { id: newId('pol'), version: 1 }
    await mustInsert(insertPolicy(tx, { ...succession, orgId: null, application, ...content }))
  }
}

/**
 * The condition is part of it: the same text can mean another type after the catalog changed. Spelled by type, as
 * stored JSON loses its order.
 */
const ordered = ({ effect, resourceType, actions, roles, whenSource, ...json }: PolicyRowContent): unknown[] => [
  effect,
  resourceType,
  actions,
  roles,
  whenSource,
  ...[json.condition, json.obligation, json.tests].map(sorted),
]

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right)

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  )
}

/** Keys were checked under the catalog's lock. */
async function mustInsert(inserted: Promise<unknown>): Promise<void> {
  if ((await inserted) === undefined) throw new Error('a key of the platform was taken under the lock of the catalog')
}
