/**
 * The seeded workload of P1 to P4: 20 roles over 200 permissions, 10 policies with conditions, 1,000 people in 50
 * organizations.
 */
import { conditions, type Condition } from './conditions.ts'
import { randomFrom, type Random } from '@gatehouse/test-kit/random'

/** What an organization knows of a member. */
export type Attributes = {
  readonly department: string
  readonly limit: number
  readonly region: string
  readonly regions: readonly string[]
  readonly clearance: number
}
export type Resource = {
  readonly type: string
  readonly id: string
  readonly department: string
  readonly amount: number
  readonly owner: string
  readonly status: string
  readonly region: string
  readonly classification: string
  readonly locked: boolean
}
export type Role = { readonly key: string; readonly permissions: readonly string[] }
export type Policy = {
  readonly key: string
  readonly condition: Condition
  readonly type: string
  readonly actions: readonly string[]
  readonly roles: readonly string[] | undefined
}
/** A person in their one organization. */
export type Holder = {
  readonly index: number
  readonly id: string
  readonly org: number
  readonly roles: readonly string[]
  readonly attributes: Attributes
}
export type Model = {
  readonly types: readonly string[]
  readonly actions: readonly string[]
  readonly roles: readonly Role[]
  readonly policies: readonly Policy[]
  readonly holders: readonly Holder[]
}
export type ModelSize = {
  readonly roles: number
  readonly types: number
  readonly holders: number
  readonly organizations: number
}

export const fullSize: ModelSize = { roles: 20, types: 20, holders: 1000, organizations: 50 }

export const actions = [
  'read',
  'list',
  'create',
  'update',
  'delete',
  'approve',
  'export',
  'share',
  'archive',
  'audit',
] as const
export const departments = ['sales', 'finance', 'legal', 'support'] as const
export const regions = ['north', 'south', 'east', 'west', 'centre'] as const
export const statuses = ['draft', 'review', 'final', 'archived'] as const
export const classifications = ['public', 'internal', 'secret'] as const

export const typeKey = (index: number): string => `type-${String(index).padStart(2, '0')}`
export const roleKey = (index: number): string => `role-${String(index).padStart(2, '0')}`

/** @param idOf gives the id of the holder with that number, as the engine under test knows it */
export function createModel(o: { seed: number; size?: ModelSize; idOf?: (index: number) => string }): Model {
  const { seed, size = fullSize, idOf = (index) => `user-${index}` } = o
  const random = randomFrom(seed)
  const types = Array.from({ length: size.types }, (_, index) => typeKey(index))
  const permissions = types.flatMap((type) => actions.map((action) => `${type}:${action}`))
  const roles = Array.from({ length: size.roles }, (_, index) => ({
    key: roleKey(index),
    permissions: random.sample(permissions, 8 + random.below(24)),
  }))
  const policies = conditions.map((condition, index) => createPolicy(condition, { random, types, roles, place: index }))
  const holders = Array.from({ length: size.holders }, (_, index) => ({
    index,
    id: idOf(index),
    org: index % size.organizations,
    roles: random.sample(roles, 1 + random.below(3)).map(({ key }) => key),
    attributes: attributesFrom(random),
  }))
  return { types, actions, roles, policies, holders }
}

/** Two policies per type, an allow and a deny where there are both: they have to meet to be compared. */
function createPolicy(
  condition: Condition,
  o: { random: Random; types: readonly string[]; roles: readonly Role[]; place: number },
): Policy {
  const isAllow = condition.effect === 'allow'
  return {
    key: condition.key,
    condition,
    type: o.types[o.place % 6] ?? '',
    actions: isAllow ? o.random.sample(actions, 7) : [...actions],
    roles: isAllow ? o.random.sample(o.roles, 10).map(({ key }) => key) : undefined,
  }
}

const attributesFrom = (random: Random): Attributes => {
  const region = random.pick(regions)
  return {
    department: random.pick(departments),
    limit: 500 * (1 + random.below(10)),
    region,
    regions: [...new Set([region, random.pick(regions)])],
    clearance: 1 + random.below(5),
  }
}

export function resourceFrom(
  random: Random,
  o: { type: string; id: string; holder: Holder; holders: readonly Holder[] },
): Resource {
  return {
    type: o.type,
    id: o.id,
    department: random.pick(departments),
    amount: random.below(8000),
    owner: random.chance(30) ? o.holder.id : random.pick(o.holders).id,
    status: random.pick(statuses),
    region: random.pick(regions),
    classification: random.pick(classifications),
    locked: random.chance(10),
  }
}
