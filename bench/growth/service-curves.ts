/**
 * How a check at the running service grows from 1,000 to 1,000,000 memberships and 10 to 10,000 organizations, each
 * with 20 roles and 20 policies of its own: the first request of an organization, the first of a person, and any later
 * one. Then a whole installation, where they differ and where they are alike.
 */
import { checkedCondition } from '../engines/gatehouse.ts'
import type { LoadRequest } from '../load/order.ts'
import { memoryOf, runLoad, type Load } from '../load/run-load.ts'
import type { Authz } from '../servers/authz.ts'
import { endPolicies, insertPolicies, insertTenants, memberOf, ownNumber, type PolicyRow } from '../servers/facts.ts'
import { conditions } from '../workload/conditions.ts'
import { actions, roleKey, typeKey } from '../workload/model.ts'
import { randomFrom } from '@gatehouse/test-kit/random'

export const membersEach = 100
const each = 20
const attributes = { department: 'sales', limit: 2000, region: 'north', regions: ['north', 'east'], clearance: 2 }
const asked = { type: typeKey(1), action: 'read' }
const properties = {
  department: 'legal',
  amount: 3000,
  owner: 'nobody',
  status: 'final',
  region: 'north',
  classification: 'internal',
  locked: false,
}

/** First: nobody of the organization has asked yet; nobody's roles were looked up; nothing is new any more. */
export type GrowthPoint = {
  readonly organizations: number
  readonly firstOfOrganization: Load
  readonly firstOfPerson: Load
  readonly later: Load
  readonly memory: Memory
}
export type Memory = {
  readonly pssMb: number
  readonly rssMb: number
  readonly heapMb: number
  readonly organizations: number
  readonly compiledSets: number
}

/** A whole installation, after somebody of each organization has asked. */
export type Installation = GrowthPoint & {
  readonly started: Memory
  readonly everybody: readonly Load[]
  /** Once more, one after the other, those who asked first of all. */
  readonly again: Load
}

/** Role `n` may read when `n` is even; the policies deny nothing that is asked here. */
const roles = Array.from({ length: each }, (_, index) => ({
  key: `own-${roleKey(index)}`,
  permissions:
    index % 2 === 0 ? [`${asked.type}:${asked.action}`, `${typeKey(index)}:list`] : [`${typeKey(index)}:list`],
}))

const policies: readonly PolicyRow[] = Array.from({ length: each }, (_, index) => {
  const condition = conditions[index % conditions.length]
  const source = `(${condition?.gatehouse}) && resource.amount < ${ownNumber}`
  return {
    key: `own-policy-${index}`,
    effect: condition?.effect ?? 'deny',
    resourceType: typeKey(index % each),
    actions: [...actions],
    source,
    condition: checkedCondition(source),
  }
})

/** Member `n` holds the roles `n % 20` and `(n + 7) % 20` of the organization: one of them is always even. */
const expected = [true]

/** Their policies differ from each other's. */
export async function addOrganizations(authz: Authz, range: { from: number; to: number }): Promise<void> {
  await insertTenants(authz.sql, { ...range, roles, membersEach, rolesEach: each, rolesPerMember: 2, attributes })
  await insertPolicies(authz.sql, { ...range, each, policies, alike: false })
  await authz.analyze()
}

/** The policies of every organization say the same from now on. */
export async function makeAlike(authz: Authz, organizations: number): Promise<void> {
  await endPolicies(authz.sql)
  await insertPolicies(authz.sql, { from: 0, to: organizations, each, policies, alike: true, version: 2 })
  await authz.analyze()
}

function requestOf(authz: Authz, index: number): LoadRequest {
  const member = memberOf(index, Math.floor(index / membersEach))
  const body = {
    subject: { type: 'user', id: member.userId },
    action: { name: asked.action },
    resource: { type: asked.type, id: '1', properties },
  }
  const path = '/access/v1/evaluation'
  return {
    path,
    headers: authz.headersFor(authz.personToken(member), { method: 'POST', path }),
    body: JSON.stringify(body),
    expected,
  }
}

const ask = (authz: Authz, o: { members: readonly number[]; connections: number; seconds?: number }): Promise<Load> =>
  runLoad(
    {
      port: authz.port,
      connections: o.connections,
      marker: '"decision":',
      yes: 'true',
      requests: o.members.map((index) => requestOf(authz, index)),
      ...(o.seconds === undefined ? {} : { seconds: o.seconds }),
    },
    authz.pid(),
  )

/**
 * One connection, one request after the other: latencies, not throughput. Only organizations from `from` on: nobody has
 * asked for them yet.
 */
export async function measurePoint(
  authz: Authz,
  o: { from: number; to: number; sample: number },
): Promise<GrowthPoint> {
  const random = randomFrom(o.to)
  const chosen = random.sample(
    Array.from({ length: o.to - o.from }, (_, index) => o.from + index),
    Math.min(o.sample, o.to - o.from),
  )
  const others = Array.from(
    { length: o.sample * 2 },
    (_, index) =>
      (chosen[index % chosen.length] as number) * membersEach +
      1 +
      (Math.floor(index / chosen.length) % (membersEach - 1)),
  )
  const firstOfOrganization = await ask(authz, { members: chosen.map((org) => org * membersEach), connections: 1 })
  const firstOfPerson = await ask(authz, { members: others, connections: 1 })
  const later = await ask(authz, { members: others, connections: 1, seconds: 2 })
  return { organizations: o.to, firstOfOrganization, firstOfPerson, later, memory: await memoryNow(authz) }
}

/** A fresh process is asked by somebody of every organization. */
export async function measureInstallation(
  authz: Authz,
  o: { organizations: number; sample: number; note(text: string): void },
): Promise<Installation> {
  await authz.restart()
  const started = await memoryNow(authz)
  const point = await measurePoint(authz, { from: 0, to: o.organizations, sample: o.sample })
  const everybody: Load[] = []
  // Headers are good for about 30 s, so not all at once.
  for (let from = 0; from < o.organizations; from += 500) {
    const members = Array.from(
      { length: Math.min(500, o.organizations - from) },
      (_, index) => (from + index) * membersEach + 50,
    )
    everybody.push(await ask(authz, { members, connections: 32 }))
    if (from % 2500 === 0)
      o.note(`P11: ${from} organizations have asked, ${Math.round(everybody.at(-1)?.perSecond ?? 0)} checks/s`)
  }
  const memory = await memoryNow(authz)
  const again = await ask(authz, {
    members: Array.from({ length: o.sample }, (_, org) => org * membersEach + 50),
    connections: 1,
  })
  return { ...point, started, everybody, again, memory }
}

async function memoryNow(authz: Authz): Promise<Memory> {
  const metrics = await authz.metrics()
  const of = (name: string): number => metrics.get(name) ?? NaN
  return {
    ...memoryOf(authz.pid()),
    heapMb: of('process_heap_used_bytes') / 2 ** 20,
    organizations: of('authz_policy_models{kept="organizations"}'),
    compiledSets: of('authz_policy_models{kept="compiled"}'),
  }
}
