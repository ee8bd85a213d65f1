/** Our own engine, used as the service uses it: one compiled set, role bits per subject, a request per question. */
import { readFileSync } from 'node:fs'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import type { AttributeSchema, ConditionSchema } from '@gatehouse/policy/check/schema'
import { compilePolicySet, roleSetOf, type PolicySetSource } from '@gatehouse/policy/compile/policy-set'
import { decide, type DecisionRequest } from '@gatehouse/policy/decide/decide'
import type { AttributeType, CheckedIr } from '@gatehouse/policy/ir/condition'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import type { Model } from '../workload/model.ts'
import type { Judged } from '../workload/questions.ts'
import type { Engine, EngineMaker } from './engine.ts'

const said = (type: AttributeType): AttributeSchema => ({ type, provenance: ['caller'] })

export const resourceAttributes = {
  department: said('string'),
  amount: said('number'),
  owner: said('string'),
  status: said('string'),
  region: said('string'),
  classification: said('string'),
  locked: said('boolean'),
} as const

const stored = (type: AttributeType): AttributeSchema => ({ type, provenance: ['stored'] })

export const membershipAttributes = {
  department: stored('string'),
  limit: stored('number'),
  region: stored('string'),
  regions: stored('string_list'),
  clearance: stored('number'),
} as const

export const schema: ConditionSchema = {
  user: { id: { type: 'string', provenance: ['platform'] } },
  membership: membershipAttributes,
  resource: resourceAttributes,
}

/** A condition as the write path makes it. @throws Error with the first complaint */
export function checkedCondition(source: string): CheckedIr {
  const parsed = parseCondition(source)
  if (!parsed.ok) throw new Error(`${source}: ${parsed.error}`)
  const checked = checkCondition(parsed.ir, schema)
  if (!checked.ok) throw new Error(`${source}: ${checked.problems[0]?.error}`)
  return checked.ir
}

export const policySetSource = (model: Pick<Model, 'types' | 'actions' | 'roles' | 'policies'>): PolicySetSource => ({
  resourceTypes: model.types.map((key) => ({ key, actions: model.actions.map((name) => ({ name })) })),
  roles: model.roles,
  policies: model.policies.map(({ key, condition, type, actions, roles }) => ({
    key,
    scope: 'organization',
    effect: condition.effect,
    resourceType: type,
    actions,
    when: checkedCondition(condition.gatehouse),
    ...(roles === undefined ? {} : { roles }),
  })),
})

export const createGatehouse: EngineMaker = async (model, questions) => {
  const set = compilePolicySet(policySetSource(model))
  const subjects = new Map(
    model.holders.map((holder) => [
      holder.id,
      { roles: roleSetOf(set, holder.roles), user: { id: holder.id }, membership: holder.attributes },
    ]),
  )
  const requests = questions.map(({ holder, action, resource }): DecisionRequest => {
    const subject = subjects.get(holder.id)
    if (subject === undefined) throw new Error('nobody of that id')
    return {
      resourceType: resource.type,
      action,
      roles: subject.roles,
      values: { user: subject.user, membership: subject.membership, resource },
    }
  })
  const answer = (index: number) => decide(set, requests[index] as DecisionRequest)
  const engine: Engine = {
    name: 'gatehouse',
    version: (
      JSON.parse(readFileSync(new URL('../../libs/policy/package.json', import.meta.url), 'utf8')) as {
        version: string
      }
    ).version,
    stride: 500,
    decide: (index) => {
      const decision = answer(index)
      // The reason is part of what is measured.
      return decision.allowed && decision.reason.code !== 'not_granted'
    },
    objection(index) {
      const { reason } = answer(index)
      const { verdict } = questions[index] as Judged
      const isRight =
        reason.code === 'granted_by_role'
          ? verdict.granting.includes(reason.role)
          : reason.code === 'granted_by_policy'
            ? verdict.granting.length === 0 && verdict.allowing.includes(reason.policy)
            : reason.code === 'denied_by_policy'
              ? verdict.denying.includes(reason.policy)
              : reason.code === 'not_granted' && verdict.granting.length + verdict.allowing.length === 0
      return isRight ? undefined : `question ${index}: ${JSON.stringify(reason)} against ${JSON.stringify(verdict)}`
    },
  }
  return engine
}
