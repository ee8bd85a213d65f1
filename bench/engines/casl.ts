/**
 * CASL: one ability per person, built beforehand or for each question; the rule that decided is asked for, because it
 * is the reason.
 */
import type { Holder, Model } from '../workload/model.ts'
import type { Question } from '../workload/oracle.ts'
import type { Engine, EngineMaker } from './engine.ts'
import { loadPeer, peerVersion } from './peers.ts'

type Rule = { inverted: boolean }
type Ability = { relevantRuleFor(action: string, subject: unknown): Rule | null }
type Written = { action: readonly string[]; subject: string; conditions?: object; inverted?: boolean }
type Casl = {
  createMongoAbility(rules: readonly Written[]): Ability
  subject(type: string, object: object): object
}

/** Whoever is asked about often, as an application that keeps an ability for each. */
export const createCasl: EngineMaker = async (model, questions) => {
  const casl = loadPeer<Casl>('@casl/ability')
  const abilities = new Map(model.holders.map((holder) => [holder.id, casl.createMongoAbility(rulesOf(model, holder))]))
  const prepared = questions.map((question) => ({
    ...aboutOf(casl, question),
    ability: abilities.get(question.holder.id),
  }))
  return engineOf('CASL', (index) => {
    const question = prepared[index]
    return question?.ability?.relevantRuleFor(question.action, question.resource)
  })
}

/** As an application that makes the ability of whoever sends a request; the rules it is made of are at hand. */
export const createCaslPerQuestion: EngineMaker = async (model, questions) => {
  const casl = loadPeer<Casl>('@casl/ability')
  const rules = new Map(model.holders.map((holder) => [holder.id, rulesOf(model, holder)]))
  const prepared = questions.map((question) => ({
    ...aboutOf(casl, question),
    rules: rules.get(question.holder.id) ?? [],
  }))
  return engineOf('CASL, an ability per question', (index) => {
    const question = prepared[index]
    return question && casl.createMongoAbility(question.rules).relevantRuleFor(question.action, question.resource)
  })
}

const aboutOf = (casl: Casl, { action, resource }: Question) => ({
  action,
  resource: casl.subject(resource.type, { ...resource, type: undefined }),
})

const engineOf = (name: string, ruleFor: (index: number) => Rule | null | undefined): Engine => ({
  name,
  version: peerVersion('@casl/ability'),
  stride: 500,
  decide(index) {
    const rule = ruleFor(index)
    return rule !== undefined && rule !== null && !rule.inverted
  },
})

/** Later rules win in CASL, so what denies comes last. */
function rulesOf(model: Model, holder: Holder): Written[] {
  const granted = model.roles
    .filter(({ key }) => holder.roles.includes(key))
    .flatMap(({ permissions }) => permissions.map((permission) => permission.split(':') as [string, string]))
    .map(([subject, action]) => ({ action: [action], subject }))
  const conditional = (effect: 'allow' | 'deny') =>
    model.policies
      .filter(
        ({ condition, roles }) =>
          condition.effect === effect && (roles === undefined || roles.some((role) => holder.roles.includes(role))),
      )
      .flatMap(({ condition, type, actions }) =>
        condition
          .casl(holder)
          .map((conditions) => ({ action: actions, subject: type, conditions, inverted: effect === 'deny' })),
      )
  return [...granted, ...conditional('allow'), ...conditional('deny')]
}
