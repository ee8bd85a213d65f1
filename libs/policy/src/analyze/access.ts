/**
 * The two questions about access as a whole: who can do this, and what can they do. Each answer is a decision with its
 * reason.
 */
import type { AttributeValues } from '../compile/attributes.ts'
import type { Bitset } from '../compile/bitset.ts'
import type { PolicySet } from '../compile/policy-set.ts'
import type { Decision } from '../compile/decision.ts'
import { decide } from '../decide/decide.ts'

/** `values` hold what is known of the principal: `user`, `membership`; `roles` are made by `roleSetOf`. */
export type Principal = { readonly id: string; readonly roles: Bitset; readonly values: AttributeValues }

/** What can be done, and to what: `values` hold `resource`, `organization`, `request` and `action`. */
export type Deed = { readonly resourceType: string; readonly action: string; readonly values?: AttributeValues }

/** Of the principals, those who can do it. */
export function whoCan(
  set: PolicySet,
  o: Deed & { readonly principals: Iterable<Principal> },
): { readonly id: string; readonly decision: Decision }[] {
  const able: { id: string; decision: Decision }[] = []
  for (const { id, roles, values } of o.principals) {
    const decision = decide(set, {
      resourceType: o.resourceType,
      action: o.action,
      roles,
      values: { ...o.values, ...values },
    })
    if (decision.allowed) able.push({ id, decision })
  }
  return able
}

/**
 * Every action of every type (or of one) that a principal can do. What depends on a resource is answered for the one in
 * `values`, if any.
 */
export function whatCan(
  set: PolicySet,
  o: Omit<Principal, 'id'> & { readonly resourceType?: string },
): { readonly resourceType: string; readonly action: string; readonly decision: Decision }[] {
  const types = o.resourceType === undefined ? [...set.types.keys()] : [o.resourceType]
  return types.flatMap((resourceType) =>
    [...(set.types.get(resourceType)?.keys() ?? [])].flatMap((action) => {
      const decision = decide(set, { resourceType, action, roles: o.roles, values: o.values })
      return decision.allowed ? [{ resourceType, action, decision }] : []
    }),
  )
}
