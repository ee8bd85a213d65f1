/** How one decision grows with roles and with policies, in process: the engine alone. */
import { compilePolicySet, roleSetOf } from '@gatehouse/policy/compile/policy-set'
import { decide } from '@gatehouse/policy/decide/decide'
import { checkedCondition } from '../engines/gatehouse.ts'
import { conditions } from '../workload/conditions.ts'
import { actions, resourceFrom, roleKey, typeKey, type Attributes, type Holder } from '../workload/model.ts'
import { randomFrom } from '@gatehouse/test-kit/random'
import { medianOf } from '../report/statistics.ts'
import type { Curve } from '../report/draw-curves.ts'

const sizes = [10, 30, 100, 300, 1000]
const attributes: Attributes = {
  department: 'sales',
  limit: 2000,
  region: 'north',
  regions: ['north', 'east'],
  clearance: 2,
}
const person: Holder = { index: 0, id: 'user-0', org: 0, roles: [], attributes }

type Shape = {
  readonly roles: number
  readonly policies: number
  /** Over how many types the policies are spread. */ readonly types: number
}

export function measureEngineGrowth(rounds: number): Curve[] {
  const curve = (name: string, shapeOf: (size: number) => Shape): Curve => ({
    name,
    points: sizes.map((size) => ({
      x: size,
      y: medianOf(Array.from({ length: rounds }, () => nanosecondsPerDecision(shapeOf(size)))) / 1000,
    })),
  })
  return [
    curve('roles, of which the person holds three', (roles) => ({ roles, policies: 10, types: 20 })),
    curve('policies, spread over 20 resource types', (policies) => ({ roles: 20, policies, types: 20 })),
    curve('policies, all about the asked action', (policies) => ({ roles: 20, policies, types: 1 })),
  ]
}

function nanosecondsPerDecision({ roles, policies, types }: Shape): number {
  const random = randomFrom(7)
  const typeKeys = Array.from({ length: 20 }, (_, index) => typeKey(index))
  const permissions = typeKeys.flatMap((type) => actions.map((action) => `${type}:${action}`))
  // No role grants the asked action, so nothing decides early: every policy about it is looked at.
  const grantable = permissions.filter((permission) => !permission.endsWith(':audit'))
  const set = compilePolicySet({
    resourceTypes: typeKeys.map((key) => ({ key, actions: actions.map((name) => ({ name })) })),
    roles: Array.from({ length: roles }, (_, index) => ({
      key: roleKey(index),
      permissions: random.sample(grantable, 10),
    })),
    policies: Array.from({ length: policies }, (_, index) => ({
      key: `policy-${index}`,
      scope: 'organization',
      effect: 'allow',
      resourceType: typeKey(index % types),
      actions: ['audit'],
      when: checkedCondition(`${conditions[index % conditions.length]?.gatehouse} && resource.amount < 0`),
    })),
  })
  const held = roleSetOf(
    set,
    [0, 1, 2].map((nth) => roleKey(Math.floor((nth * roles) / 3))),
  )
  const requests = Array.from({ length: 200 }, (_, index) => ({
    resourceType: typeKey(index % types),
    action: 'audit',
    roles: held,
    values: {
      user: { id: person.id },
      membership: attributes,
      resource: resourceFrom(random, { type: typeKey(0), id: `r${index}`, holder: person, holders: [person] }),
    },
  }))
  return (
    timed(() => requests.reduce((granted, request) => granted + Number(decide(set, request).allowed), 0)) /
    requests.length
  )
}

/** Nanoseconds of one call, after it has been compiled. */
function timed(run: () => number): number {
  let best = Infinity
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const started = performance.now()
    let calls = 0
    while (performance.now() - started < 40) {
      if (run() !== 0) throw new Error('a condition that never holds was granted')
      calls += 1
    }
    best = Math.min(best, ((performance.now() - started) * 1e6) / calls)
  }
  return best
}
