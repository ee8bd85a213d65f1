/**
 * Casbin: roles per organization as domains, one line per permission, conditions as expressions it evaluates itself.
 */
import type { Model } from '../workload/model.ts'
import type { Engine, EngineMaker } from './engine.ts'
import { loadPeer, peerVersion } from './peers.ts'

type Enforcer = {
  addFunction(name: string, run: (...args: never[]) => unknown): Promise<void>
  addPolicies(lines: string[][]): Promise<boolean>
  addGroupingPolicies(lines: string[][]): Promise<boolean>
  enforceEx(...request: unknown[]): Promise<[boolean, string[]]>
}
type Casbin = { newModelFromString(text: string): unknown; newEnforcer(model: unknown): Promise<Enforcer> }

const definition = `
[request_definition]
r = sub, dom, res, act
[policy_definition]
p = role, type, act, when, eft
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.res.type == p.type && r.act == p.act && (p.role == '*' || g(r.sub.name, p.role, r.dom)) && eval(p.when)
`

export const createCasbin: EngineMaker = async (model, questions) => {
  const casbin = loadPeer<Casbin>('casbin')
  const enforcer = await casbin.newEnforcer(casbin.newModelFromString(definition))
  await enforcer.addFunction('isIn', (item: string, list: string[]) => list.includes(item))
  await enforcer.addPolicies(linesOf(model))
  await enforcer.addGroupingPolicies(
    model.holders.flatMap(({ id, org, roles }) => roles.map((role) => [id, role, `org-${org}`])),
  )
  const subjects = new Map(model.holders.map(({ id, attributes }) => [id, { ...attributes, name: id }]))
  const engine: Engine = {
    name: 'casbin',
    version: peerVersion('casbin'),
    stride: 2,
    async decide(index) {
      const question = questions[index]
      if (question === undefined) return false
      const [allowed] = await enforcer.enforceEx(
        subjects.get(question.holder.id),
        `org-${question.holder.org}`,
        question.resource,
        question.action,
      )
      return allowed
    },
  }
  return engine
}

function linesOf(model: Model): string[][] {
  const ofRoles = model.roles.flatMap(({ key, permissions }) =>
    permissions.map((permission) => [key, ...permission.split(':'), 'true', 'allow']),
  )
  const conditional = model.policies.flatMap(({ condition, type, actions, roles }) =>
    (roles ?? ['*']).flatMap((role) =>
      actions.map((action) => [role, type, action, condition.casbin, condition.effect]),
    ),
  )
  return [...ofRoles, ...conditional]
}
