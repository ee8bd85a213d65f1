/**
 * How a check at the running service grows from 1,000 to 1,000,000 memberships and 10 to 10,000 organizations, each with 20 roles and 20 policies
 * of its own: the first request of an organization, the first of a person, and any later one. Then how much memory that takes.
 */
import { checkedCondition } from '../engines/gatehouse.ts'
import type { LoadRequest } from '../load/order.ts'
import { memoryOf, runLoad, type Load } from '../load/run-load.ts'
import type { Authz } from '../servers/authz.ts'
import { insertPolicies, insertTenants, memberOf, ownNumber, type PolicyRow } from '../servers/facts.ts'
import { conditions } from '../workload/conditions.ts'
import { actions, roleKey, typeKey } from '../workload/model.ts'
import { randomFrom } from '../workload/random.ts'

export const membersEach = 100
const each = 20
const attributes = { department: 'sales', limit: 2000, region: 'north', regions: ['north', 'east'], clearance: 2 }
const asked = { type: typeKey(1), action: 'read' }
const properties = { department: 'legal', amount: 3000, owner: 'nobody', status: 'final', region: 'north', classification: 'internal', locked: false }

export type GrowthPoint = { readonly organizations: number; readonly loadSeconds: number; readonly firstOfOrganization: Load; readonly firstOfPerson: Load; readonly later: Load; readonly pssMb: number }
export type Memory = { readonly when: string; readonly pssMb: number; readonly rssMb: number; readonly perSecond?: number }

/** Role `n` may read when `n` is even; the policies deny nothing that is asked here. */
const roles = Array.from({ length: each }, (_, index) => ({ key: `own-${roleKey(index)}`, permissions: index % 2 === 0 ? [`${asked.type}:${asked.action}`, `${typeKey(index)}:list`] : [`${typeKey(index)}:list`] }))

const policies: readonly PolicyRow[] = Array.from({ length: each }, (_, index) => {
  const condition = conditions[index % conditions.length]
  const source = `(${condition?.gatehouse}) && resource.amount < ${ownNumber}`
  return { key: `own-policy-${index}`, effect: condition?.effect ?? 'deny', resourceType: typeKey(index % each), actions: [...actions], source, condition: checkedCondition(source) }
})

/** Member `n` holds the roles `n % 20` and `(n + 7) % 20` of the organization: one of them is always even. */
const expected = [true]

export async function addOrganizations(authz: Authz, range: { from: number; to: number }): Promise<number> {
  const started = performance.now()
  await insertTenants(authz.sql, { ...range, roles, membersEach, rolesEach: each, rolesPerMember: 2, attributes })
  await insertPolicies(authz.sql, { ...range, each, policies })
  await authz.analyze()
  return (performance.now() - started) / 1000
}

function requestOf(authz: Authz, index: number): LoadRequest {
  const member = memberOf(index, Math.floor(index / membersEach))
  const body = { subject: { type: 'user', id: member.userId }, action: { name: asked.action }, resource: { type: asked.type, id: '1', properties } }
  return { path: '/access/v1/evaluation', headers: authz.headersFor(authz.personToken(member)), body: JSON.stringify(body), expected }
}

const ask = (authz: Authz, o: { members: readonly number[]; connections: number; seconds?: number }): Promise<Load> =>
  runLoad({ port: authz.port, connections: o.connections, marker: '"decision":', yes: 'true', requests: o.members.map((index) => requestOf(authz, index)), ...(o.seconds === undefined ? {} : { seconds: o.seconds }) }, authz.pid())

/** One connection, one request after the other: latencies, not throughput. Only organizations from `from` on: nobody has asked for them yet. */
export async function measurePoint(authz: Authz, o: { from: number; to: number; loadSeconds: number; sample: number }): Promise<GrowthPoint> {
  const random = randomFrom(o.to)
  const chosen = random.sample(Array.from({ length: o.to - o.from }, (_, index) => o.from + index), Math.min(o.sample, o.to - o.from))
  const others = Array.from({ length: o.sample * 2 }, (_, index) => (chosen[index % chosen.length] as number) * membersEach + 1 + Math.floor(index / chosen.length) % (membersEach - 1))
  const firstOfOrganization = await ask(authz, { members: chosen.map((org) => org * membersEach), connections: 1 })
  const firstOfPerson = await ask(authz, { members: others, connections: 1 })
  const later = await ask(authz, { members: others, connections: 1, seconds: 2 })
  return { organizations: o.to, loadSeconds: o.loadSeconds, firstOfOrganization, firstOfPerson, later, pssMb: memoryOf(authz.pid()).pssMb }
}

/** Somebody of every organization asks, first where all policies are alike, then where every organization's differ. */
export async function measureMemory(authz: Authz, organizations: number): Promise<{ readonly memory: Memory[]; readonly loads: Load[]; readonly restartMs: number }> {
  const restartMs = await authz.restart()
  const memory: Memory[] = [{ when: 'started, nobody has asked', ...memoryOf(authz.pid()) }]
  const loads: Load[] = []
  for (const [parity, when] of [[0, 'half of the organizations have asked, with the same policies'], [1, 'all have asked, the other half with policies of their own']] as const) {
    const members = Array.from({ length: organizations / 2 }, (_, index) => (index * 2 + parity) * membersEach + 50)
    const load = await ask(authz, { members, connections: 32, seconds: 25 })
    loads.push(load)
    memory.push({ when: load.answered >= members.length ? when : `${when} (${load.answered} of ${members.length} in the time there was)`, ...memoryOf(authz.pid()), perSecond: load.perSecond })
  }
  return { memory, loads, restartMs }
}
