/**
 * What a decision is. Those that need nothing of the question are made once, with the set: giving one with its reason
 * costs nothing.
 */
import type { Scope } from './roles.ts'

/**
 * What would lift a refusal: signing in more strongly or again (RFC 9470; `max_age` in seconds), or asking somebody for
 * access.
 */
export type Obligation =
  | { readonly type: 'step_up'; readonly acr_values?: readonly string[]; readonly max_age?: number }
  | { readonly type: 'access_request' }

/**
 * Why. `missing` names every attribute without which some policy could not be evaluated, as `source.name`; `policy` is
 * the first of those policies.
 */
export type Reason =
  | { readonly code: 'granted_by_role'; readonly role: string }
  | { readonly code: 'granted_by_policy'; readonly policy: string; readonly scope: Scope }
  | { readonly code: 'denied_by_policy'; readonly policy: string; readonly scope: Scope }
  | {
      readonly code: 'denied_for_missing_attribute' | 'not_granted_for_missing_attribute'
      readonly policy: string
      readonly scope: Scope
      readonly missing: readonly string[]
    }
  | { readonly code: 'not_granted' | 'unknown_resource_type' | 'unknown_action' }
  /** The budget was spent before there was an answer: no decision about the question, but a closed one. */
  | { readonly code: 'evaluation_too_expensive' }

/**
 * `obligation`: what would lift a refusal, where the policy it turned on says so. It is no promise: other policies may
 * refuse then.
 */
export type Decision = { readonly allowed: boolean; readonly reason: Reason; readonly obligation?: Obligation }

export const granted = (reason: Reason): Decision => Object.freeze({ allowed: true, reason: Object.freeze(reason) })

export const refused = (reason: Reason, obligation?: Obligation): Decision =>
  Object.freeze({ allowed: false, reason: Object.freeze(reason), ...(obligation && { obligation }) })
