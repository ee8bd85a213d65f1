/**
 * The answer by the shortest possible reading of the model: loops over lists, no index, no engine. It shares no code
 * with what it judges.
 */
import type { Holder, Model, Policy, Resource } from './model.ts'

export type Question = { readonly holder: Holder; readonly action: string; readonly resource: Resource }

export type Verdict = {
  readonly allowed: boolean
  /** Roles that grant it, policies that allow it, policies that deny it. */
  readonly granting: readonly string[]
  readonly allowing: readonly string[]
  readonly denying: readonly string[]
}

export function judge(model: Pick<Model, 'roles' | 'policies'>, { holder, action, resource }: Question): Verdict {
  const applies = (policy: Policy): boolean =>
    policy.type === resource.type &&
    policy.actions.includes(action) &&
    (policy.roles === undefined || policy.roles.some((role) => holder.roles.includes(role))) &&
    policy.condition.oracle(holder.attributes, holder, resource)
  const granting = model.roles
    .filter((role) => holder.roles.includes(role.key) && role.permissions.includes(`${resource.type}:${action}`))
    .map(({ key }) => key)
  const applying = model.policies.filter(applies)
  const allowing = applying.filter(({ condition }) => condition.effect === 'allow').map(({ key }) => key)
  const denying = applying.filter(({ condition }) => condition.effect === 'deny').map(({ key }) => key)
  return { allowed: granting.length + allowing.length > 0 && denying.length === 0, granting, allowing, denying }
}
