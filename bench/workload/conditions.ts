/**
 * The ten conditions of the workload, each said by hand in every peer's own language and once more as plain TypeScript
 * for the oracle. Nothing here is translated by a program: a mistake in a translator would be the same mistake
 * everywhere.
 */
import type { Attributes, Holder, Resource } from './model.ts'

type MongoQuery = { readonly [field: string]: unknown }

export type Condition = {
  readonly key: string
  readonly effect: 'allow' | 'deny'
  /** CEL over `membership`, `user`, `resource`: Gatehouse. */
  readonly gatehouse: string
  /** CEL over `request.principal` (P) and `request.resource` (R): Cerbos. */
  readonly cerbos: string
  readonly cedar: string
  /** An expression over `r.sub` and `r.res`. */
  readonly casbin: string
  /** A query over the resource for one holder; several are alternatives. */
  readonly casl: (holder: Holder) => readonly MongoQuery[]
  readonly oracle: (membership: Attributes, holder: Holder, resource: Resource) => boolean
}

const cerbosOf = (text: string): string =>
  text.replaceAll('P.', 'request.principal.').replaceAll('R.', 'request.resource.')

const allowing: readonly Omit<Condition, 'effect'>[] = [
  {
    key: 'own-department',
    gatehouse: 'resource.department == membership.department',
    cerbos: 'R.attr.department == P.attr.department',
    cedar: 'resource.department == principal.department',
    casbin: 'r.res.department == r.sub.department',
    casl: ({ attributes }) => [{ department: attributes.department }],
    oracle: (m, _h, r) => r.department === m.department,
  },
  {
    key: 'within-limit',
    gatehouse: 'resource.amount <= membership.limit',
    cerbos: 'R.attr.amount <= P.attr.limit',
    cedar: 'resource.amount <= principal.limit',
    casbin: 'r.res.amount <= r.sub.limit',
    casl: ({ attributes }) => [{ amount: { $lte: attributes.limit } }],
    oracle: (m, _h, r) => r.amount <= m.limit,
  },
  {
    key: 'own-thing',
    gatehouse: 'resource.owner == user.id',
    cerbos: 'R.attr.owner == P.id',
    cedar: 'resource.owner == principal.name',
    casbin: 'r.res.owner == r.sub.name',
    casl: ({ id }) => [{ owner: id }],
    oracle: (_m, h, r) => r.owner === h.id,
  },
  {
    key: 'own-draft',
    gatehouse: 'resource.status == "draft" && (resource.owner == user.id || resource.region == membership.region)',
    cerbos: 'R.attr.status == "draft" && (R.attr.owner == P.id || R.attr.region == P.attr.region)',
    cedar: 'resource.status == "draft" && (resource.owner == principal.name || resource.region == principal.region)',
    casbin: "r.res.status == 'draft' && (r.res.owner == r.sub.name || r.res.region == r.sub.region)",
    casl: ({ id, attributes }) => [
      { status: 'draft', owner: id },
      { status: 'draft', region: attributes.region },
    ],
    oracle: (m, h, r) => r.status === 'draft' && (r.owner === h.id || r.region === m.region),
  },
  {
    key: 'served-region',
    gatehouse: 'resource.region in membership.regions',
    cerbos: 'R.attr.region in P.attr.regions',
    cedar: 'principal.regions.contains(resource.region)',
    casbin: 'isIn(r.res.region, r.sub.regions)',
    casl: ({ attributes }) => [{ region: { $in: attributes.regions } }],
    oracle: (m, _h, r) => m.regions.includes(r.region),
  },
  {
    key: 'small-and-open',
    gatehouse: 'resource.amount < 1000 && resource.status in ["draft", "review"]',
    cerbos: 'R.attr.amount < 1000 && R.attr.status in ["draft", "review"]',
    cedar: 'resource.amount < 1000 && ["draft", "review"].contains(resource.status)',
    casbin: "r.res.amount < 1000 && (r.res.status == 'draft' || r.res.status == 'review')",
    casl: () => [{ amount: { $lt: 1000 }, status: { $in: ['draft', 'review'] } }],
    oracle: (_m, _h, r) => r.amount < 1000 && (r.status === 'draft' || r.status === 'review'),
  },
]

const denying: readonly Omit<Condition, 'effect'>[] = [
  {
    key: 'locked-stays',
    gatehouse: 'resource.locked',
    cerbos: 'R.attr.locked',
    cedar: 'resource.locked',
    casbin: 'r.res.locked',
    casl: () => [{ locked: true }],
    oracle: (_m, _h, r) => r.locked,
  },
  {
    key: 'secret-needs-clearance',
    gatehouse: 'resource.classification == "secret" && membership.clearance < 3',
    cerbos: 'R.attr.classification == "secret" && P.attr.clearance < 3',
    cedar: 'resource.classification == "secret" && principal.clearance < 3',
    casbin: "r.res.classification == 'secret' && r.sub.clearance < 3",
    casl: ({ attributes }) => (attributes.clearance < 3 ? [{ classification: 'secret' }] : []),
    oracle: (m, _h, r) => r.classification === 'secret' && m.clearance < 3,
  },
  {
    key: 'large-stays-home',
    gatehouse: 'resource.amount > 5000 && resource.region != membership.region',
    cerbos: 'R.attr.amount > 5000 && R.attr.region != P.attr.region',
    cedar: 'resource.amount > 5000 && resource.region != principal.region',
    casbin: 'r.res.amount > 5000 && r.res.region != r.sub.region',
    casl: ({ attributes }) => [{ amount: { $gt: 5000 }, region: { $ne: attributes.region } }],
    oracle: (m, _h, r) => r.amount > 5000 && r.region !== m.region,
  },
  {
    key: 'archive-is-closed',
    gatehouse: '!(resource.status in ["draft", "review", "final"])',
    cerbos: '!(R.attr.status in ["draft", "review", "final"])',
    cedar: '!(["draft", "review", "final"].contains(resource.status))',
    casbin: "r.res.status != 'draft' && r.res.status != 'review' && r.res.status != 'final'",
    casl: () => [{ status: { $nin: ['draft', 'review', 'final'] } }],
    oracle: (_m, _h, r) => r.status !== 'draft' && r.status !== 'review' && r.status !== 'final',
  },
]

export const conditions: readonly Condition[] = [
  ...allowing.map((condition) => ({ ...condition, cerbos: cerbosOf(condition.cerbos), effect: 'allow' as const })),
  ...denying.map((condition) => ({ ...condition, cerbos: cerbosOf(condition.cerbos), effect: 'deny' as const })),
]
