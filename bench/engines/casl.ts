/** CASL: one ability per person, built beforehand; the rule that decided is asked for, because it is the reason. */
import type { Holder, Model } from '../workload/model.ts'
import type { Engine, EngineMaker } from './engine.ts'
import { loadPeer, peerVersion } from './peers.ts'

type Rule = { inverted: boolean }
type Ability = { relevantRuleFor(action: string, subject: unknown): Rule | null }
type Casl = {
  createMongoAbility(rules: { action: readonly string[]; subject: string; conditions?: object; inverted?: boolean }[]): Ability
  subject(type: string, object: object): object
}

export const createCasl: EngineMaker = async (model, questions) => {
  const casl = loadPeer<Casl>('@casl/ability')
  const abilities = new Map(model.holders.map((holder) => [holder.id, casl.createMongoAbility(rulesOf(model, holder))]))
  const prepared = questions.map(({ holder, resource, action }) => ({ ability: abilities.get(holder.id), action, resource: casl.subject(resource.type, { ...resource, type: undefined }) }))
  const engine: Engine = {
    name: 'CASL',
    version: peerVersion('@casl/ability'),
    stride: 500,
    decide(index) {
      const question = prepared[index]
      const rule = question?.ability?.relevantRuleFor(question.action, question.resource)
      return rule !== undefined && rule !== null && !rule.inverted
    },
  }
  return engine
}

/** Later rules win in CASL, so what denies comes last. */
function rulesOf(model: Model, holder: Holder) {
  const granted = model.roles
    .filter(({ key }) => holder.roles.includes(key))
    .flatMap(({ permissions }) => permissions.map((permission) => permission.split(':') as [string, string]))
    .map(([subject, action]) => ({ action: [action], subject }))
  const conditional = (effect: 'allow' | 'deny') =>
    model.policies
      .filter(({ condition, roles }) => condition.effect === effect && (roles === undefined || roles.some((role) => holder.roles.includes(role))))
      .flatMap(({ condition, type, actions }) => condition.casl(holder).map((conditions) => ({ action: actions, subject: type, conditions, inverted: effect === 'deny' })))
  return [...granted, ...conditional('allow'), ...conditional('deny')]
}
