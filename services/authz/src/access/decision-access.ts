/**
 * Who may see a decision: its outcome for others than oneself, why it came out as it did, and whom recorded decisions
 * were about. Each is a right of its own; whoever has none of them sees what they may do themselves.
 */
import { attributeSchema } from '@gatehouse/policy/check/schema'
import type { MayKnow } from '@gatehouse/policy/explain/explain-node'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { conditionSchema } from '../domain/catalog.ts'
import { answer, questionOf } from '../domain/decision.ts'
import { permissions } from '../domain/platform.ts'
import type { Subject } from '../domain/subject.ts'
import { Miss, type Facts } from '../facts/facts.ts'
import { callerSubject, type Asker, type DecidingDeps } from '../subjects/caller-subject.ts'
import { isPermitted, requirePermission } from './check-permissions.ts'

/** The right to ask about others is only ever a service account's: a person's token asks about that person. */
export function isEvaluator(deps: DecidingDeps, facts: Facts, asker: Asker): boolean | Miss {
  if (asker.caller.kind !== 'service_account') return false
  const subject = callerSubject(deps, facts, asker)
  return subject instanceof Miss
    ? subject
    : answer(subject, questionOf(permissions.evaluateOthers, asker.caller.orgId)).allowed
}

/**
 * An explanation tells what policies say. @throws AppError `forbidden`, `insufficient_user_authentication`,
 * `not_current`
 */
export const requireExplainer = (deps: DecidingDeps, caller: OrgCaller): Promise<void> =>
  requirePermission(deps, caller, permissions.readPolicies)

/**
 * Attributes an explanation may tell. What a resource is on record as stays the application's: a person sees the parts
 * of a condition that they could have stated and what is known of themself.
 */
export function attributesShownTo(caller: OrgCaller, { model }: Subject, resourceType: string): MayKnow {
  if (caller.kind === 'service_account') return () => true
  const schema = conditionSchema(model.catalog, resourceType)
  return ({ source, name }) =>
    source !== 'resource' || attributeSchema(schema, { source, name })?.provenance.join() !== 'stored'
}

/**
 * Whether a simulation may say whom recorded decisions were about; others are told tens, and of nobody. @throws
 * AppError `not_current`
 */
export const seesRecordedSubjects = (deps: DecidingDeps, caller: OrgCaller): Promise<boolean> =>
  isPermitted(deps, caller, permissions.readDecisions)
