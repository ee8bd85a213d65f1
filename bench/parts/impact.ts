/**
 * Impact: a history of 100,000 recorded decisions, replayed on drafts by the running service. What a draft turns round
 * is planted by its condition and counted by hand beforehand; each count of the report, by role and by permission too,
 * has to be that one.
 */
import type { PartResult } from '../report/result.ts'
import { medianOf, rounded } from '../report/statistics.ts'
import { startAuthz, type Authz } from '../servers/authz.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { idOf, memberOf, uuidFor } from '../servers/facts.ts'
import { loadModel } from '../servers/tenants.ts'
import { actions, createModel, fullSize, type Model } from '../workload/model.ts'
import { createQuestions, type Judged } from '../workload/questions.ts'
import type { Effort } from './part.ts'

type Draft = { readonly policy: object; readonly flips: (question: Judged) => boolean }
type Counts = {
  readonly total: number
  readonly byRole: Record<string, number>
  readonly byPermission: Record<string, number>
}
type Report = {
  replayed: number
  newly_allowed: number
  newly_denied: number
  by_role: Counted<'role'>
  by_permission: Counted<'permission'>
}
type Counted<K extends string> = (Record<K, string> & { newly_allowed: number; newly_denied: number })[]

/** Everybody's decisions are one organization's here. */
const orgNumber = 0
const ownerNumber = 0xfffffe

const notes = [
  'The whole request to the running service: the decisions read from PostgreSQL, each decided twice, every flip ' +
    'counted by organization, role and permission. All of them are about the type the draft is about; others are not read.',
  'What each draft turns round was counted by the oracle, which shares no code with the engine; totals and every ' +
    'count by role and permission have to agree.',
]

export async function measureImpact(effort: Effort, cleanup: Cleanup): Promise<PartResult> {
  const size = effort.quick ? { ...fullSize, holders: 60, organizations: 6 } : fullSize
  const model = createModel({ seed: 20251, size, idOf: (index) => idOf('user', index) })
  const type = model.types[0] ?? ''
  const history = historyAbout(model, { type, count: effort.quick ? 2000 : 100_000 })
  const authz = await startAuthz(cleanup, effort)
  await loadModel(authz, model)
  await insertHistory(authz, history)
  await authz.analyze()
  effort.note(`impact: ${history.length.toLocaleString('en-US')} recorded decisions`)
  const token = await ownerToken(authz)
  const rows: string[][] = []
  const measured: unknown[] = []
  let disagreements = 0
  for (const [name, draft] of Object.entries(draftsAbout(type))) {
    const expected = countsOf(history.filter(draft.flips))
    const ms: number[] = []
    for (let round = 0; round < effort.rounds; round += 1) {
      const started = performance.now()
      const { status, body } = await authz.call('POST', '/v1/authz/simulations', {
        token,
        body: { policy: draft.policy, limit: 100_000 },
      })
      ms.push(performance.now() - started)
      if (status !== 200) throw new Error(`no report: ${JSON.stringify(body)}`)
      const isRight = sameAs(expected, countsIn(body as Report)) && (body as Report).replayed === history.length
      if (!isRight) disagreements += 1
    }
    rows.push([
      name,
      history.length.toLocaleString('en-US'),
      expected.total.toLocaleString('en-US'),
      rounded(medianOf(ms)),
      disagreements === 0 ? 'all, and no other' : 'NOT ALL',
    ])
    measured.push({ name, expected, ms })
    effort.note(`impact of ${name}: ${ms.map(rounded).join(', ')} ms`)
  }
  return {
    part: 'impact',
    title: 'A report of what a draft would have meant for recorded decisions',
    notes,
    table: { columns: ['Draft', 'decisions replayed', 'planted flips', 'ms', 'found'], rows },
    targets: [],
    disagreements,
    compared: history.length * rows.length * effort.rounds,
    measured,
  }
}

const draftsAbout = (type: string): Record<string, Draft> => ({
  'a deny': {
    policy: {
      key: 'planted-deny',
      effect: 'deny',
      resource_type: type,
      actions,
      when: 'resource.classification == "secret" && resource.amount > 6000',
    },
    flips: ({ resource, verdict }) => verdict.allowed && resource.classification === 'secret' && resource.amount > 6000,
  },
  'an allow': {
    policy: {
      key: 'planted-allow',
      effect: 'allow',
      resource_type: type,
      actions,
      roles: ['role-00', 'role-07'],
      when: 'resource.department == "legal" && resource.amount < 500',
    },
    flips: ({ holder, resource, verdict }) =>
      !verdict.allowed &&
      verdict.denying.length === 0 &&
      (holder.roles.includes('role-00') || holder.roles.includes('role-07')) &&
      resource.department === 'legal' &&
      resource.amount < 500,
  },
  'one that changes nothing': {
    policy: { key: 'planted-nothing', effect: 'deny', resource_type: type, actions, when: 'resource.amount < 0' },
    flips: () => false,
  },
})

function historyAbout(model: Model, o: { type: string; count: number }): Judged[] {
  const history: Judged[] = []
  for (let seed = 20255; history.length < o.count; seed += 1)
    history.push(...createQuestions(model, { seed, count: 20_000 }).filter(({ resource }) => resource.type === o.type))
  return history.slice(0, o.count)
}

async function insertHistory({ sql }: Authz, history: readonly Judged[]): Promise<void> {
  const begin = Date.now() - 12 * 3_600_000
  const rowOf = ({ holder, action, resource, verdict }: Judged, index: number) => ({
    decided_at: new Date(begin + index * 400),
    org_id: uuidFor('org', orgNumber),
    subject_type: 'user',
    subject_id: holder.id,
    resource_type: resource.type,
    resource_id: resource.id,
    action,
    roles: [...holder.roles],
    withheld: ['request.ip'],
    allowed: verdict.allowed,
    reason: sql.json({ code: verdict.allowed ? 'granted_by_role' : 'not_granted' }),
    attributes: sql.json({
      user: { id: holder.id },
      membership: { ...holder.attributes, is_owner: false, roles: holder.roles },
      resource: { ...resource },
      request: { acr: '1' },
      action: { name: action },
    } as never),
  })
  for (let at = 0; at < history.length; at += 2000)
    await sql`insert into decisions ${sql(history.slice(at, at + 2000).map((one, index) => rowOf(one, at + index)))}`
}

/** Whoever may read policies: an owner. */
async function ownerToken({ sql, personToken }: Authz): Promise<string> {
  const owner = memberOf(ownerNumber, orgNumber)
  await sql`insert into users (id, version, status, email_verified)
    values (${uuidFor('user', ownerNumber)}, 1, 'active', true)`
  await sql`insert into memberships (id, version, org_id, user_id, status, is_owner, attributes)
    values (${uuidFor('mem', ownerNumber)}, 1, ${uuidFor('org', orgNumber)}, ${uuidFor('user', ownerNumber)},
      'active', true, '{}')`
  await sql`insert into role_holders (membership_id, org_id, user_id, version, joined_version)
    values (${uuidFor('mem', ownerNumber)}, ${uuidFor('org', orgNumber)}, ${uuidFor('user', ownerNumber)}, 0, 1)`
  return personToken(owner)
}

function countsOf(flipped: readonly Judged[]): Counts {
  const byRole: Record<string, number> = {}
  const byPermission: Record<string, number> = {}
  for (const { holder, action, resource } of flipped) {
    for (const role of holder.roles) byRole[role] = (byRole[role] ?? 0) + 1
    byPermission[`${resource.type}:${action}`] = (byPermission[`${resource.type}:${action}`] ?? 0) + 1
  }
  return { total: flipped.length, byRole, byPermission }
}

const countsIn = ({ newly_allowed, newly_denied, by_role, by_permission }: Report): Counts => ({
  total: newly_allowed + newly_denied,
  byRole: Object.fromEntries(by_role.map(({ role, ...flips }) => [role, flips.newly_allowed + flips.newly_denied])),
  byPermission: Object.fromEntries(
    by_permission.map(({ permission, ...flips }) => [permission, flips.newly_allowed + flips.newly_denied]),
  ),
})

const sorted = (counts: Record<string, number>): string => JSON.stringify(Object.entries(counts).sort())
const sameAs = (one: Counts, other: Counts): boolean =>
  one.total === other.total &&
  sorted(one.byRole) === sorted(other.byRole) &&
  sorted(one.byPermission) === sorted(other.byPermission)
