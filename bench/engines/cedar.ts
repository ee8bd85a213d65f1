/**
 * Cedar: the policy set is parsed once and kept in its own memory; principal and resource travel with each call, as its
 * interface wants.
 */
import { setFlagsFromString } from 'node:v8'
import type { Holder, Model, Resource } from '../workload/model.ts'
import type { Engine, EngineMaker } from './engine.ts'
import { loadPeer, peerVersion } from './peers.ts'

type Uid = { type: string; id: string }
type Entity = { uid: Uid; attrs: object; parents: Uid[] }
type Answer =
  | { type: 'success'; response: { decision: 'allow' | 'deny'; diagnostics: { reason: string[]; errors: unknown[] } } }
  | { type: 'failure'; errors: unknown }
type Cedar = {
  preparsePolicySet(
    id: string,
    policies: { staticPolicies: Record<string, string> },
  ): { type: string; errors?: unknown }
  statefulIsAuthorized(call: {
    principal: Uid
    action: Uid
    resource: Uid
    context: object
    preparsedPolicySetId: string
    entities: Entity[]
  }): Answer
}

const setId = 'bench'
const quoted = (text: string): string => JSON.stringify(text)

export const createCedar: EngineMaker = async (model, questions) => {
  // The V8 of Node 20 ends the process when code that a WebAssembly call was inlined into is given up during that call.
  if (process.version.startsWith('v20.')) setFlagsFromString('--no-turbo-inline-js-wasm-calls')
  const cedar = loadPeer<Cedar>('@cedar-policy/cedar-wasm/nodejs')
  const parsed = cedar.preparsePolicySet(setId, { staticPolicies: policiesOf(model) })
  if (parsed.type !== 'success') throw new Error(`cedar refuses the policies: ${JSON.stringify(parsed.errors)}`)
  const principals = new Map(model.holders.map((holder) => [holder.id, principalOf(holder)]))
  const resources = questions.map(({ resource }) => resourceOf(resource))
  const calls = questions.map(({ holder, action, resource }, index) => ({
    principal: { type: 'User', id: holder.id },
    action: { type: 'Action', id: `${resource.type}:${action}` },
    resource: (resources[index] as Entity).uid,
    context: {},
    preparsedPolicySetId: setId,
    entities: [principals.get(holder.id), resources[index]] as Entity[],
  }))
  const engine: Engine = {
    name: 'cedar-wasm, preparsed',
    version: peerVersion('@cedar-policy/cedar-wasm'),
    stride: 10,
    decide(index) {
      const answer = cedar.statefulIsAuthorized(calls[index] as (typeof calls)[number])
      if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0)
        throw new Error(`cedar cannot decide: ${JSON.stringify(answer)}`)
      return answer.response.decision === 'allow'
    },
  }
  return engine
}

function policiesOf(model: Model): Record<string, string> {
  const actionsOf = (names: readonly string[]): string =>
    `action in [${names.map((name) => `Action::${quoted(name)}`).join(', ')}]`
  const ofRoles = model.roles.map(({ key, permissions }) => [
    key,
    `permit(principal in Role::${quoted(key)}, ${actionsOf(permissions)}, resource);`,
  ])
  const conditional = model.policies.map(({ key, condition, type, actions, roles }) => {
    const held =
      roles === undefined ? '' : `(${roles.map((role) => `principal in Role::${quoted(role)}`).join(' || ')}) && `
    return [
      key,
      `${condition.effect === 'allow' ? 'permit' : 'forbid'}(principal, ` +
        `${actionsOf(actions.map((action) => `${type}:${action}`))}, resource) when { ${held}(${condition.cedar}) };`,
    ]
  })
  return Object.fromEntries([...ofRoles, ...conditional]) as Record<string, string>
}

const principalOf = ({ id, roles, attributes }: Holder): Entity => ({
  uid: { type: 'User', id },
  attrs: { ...attributes, name: id },
  parents: roles.map((role) => ({ type: 'Role', id: role })),
})

const resourceOf = ({ type, id, ...attrs }: Resource): Entity => ({
  uid: { type: 'Resource', id: `${type}/${id}` },
  attrs,
  parents: [],
})
