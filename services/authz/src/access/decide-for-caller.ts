/** Decides for whoever asks: as a member of the organization of their token, or at platform scope. */
import type { Decision } from '@gatehouse/policy/compile/decision'
import type { OrgCaller, UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { answer, type Answer, type Question } from '../domain/decision.ts'
import type { Ineligible } from '../domain/subject.ts'
import type { Facts } from '../facts/facts.ts'
import { askerOf, callerSubject, operatorOf, type DecidingDeps, type FoundSubject } from '../subjects/caller-subject.ts'
import { decideWith } from '../facts/decide-with.ts'
import { createRequestBudget } from './request-budget.ts'

export type { DecidingDeps }

/** @throws AppError `invalid_attribute`, `not_current`, `revision_unavailable` */
export function decideForCaller(
  deps: DecidingDeps,
  caller: OrgCaller,
  questions: readonly Question[],
): Promise<(Decision | Ineligible)[]> {
  const asker = askerOf(caller)
  return decideAll(deps, { key: caller.orgId, questions, find: (facts) => callerSubject(deps, facts, asker) })
}

/** @throws AppError `invalid_attribute`, `not_current`, `revision_unavailable` */
export function decideForOperator(
  deps: DecidingDeps,
  caller: UserCaller,
  questions: readonly Question[],
): Promise<(Decision | Ineligible)[]> {
  const asker = askerOf(caller)
  return decideAll(deps, { key: 'platform', questions, find: (facts) => operatorOf(deps, facts, asker) })
}

async function decideAll(
  deps: DecidingDeps,
  { key, questions, find }: { key: string; questions: readonly Question[]; find: (facts: Facts) => FoundSubject },
): Promise<(Decision | Ineligible)[]> {
  const subject = await decideWith(deps, find)
  const budget = createRequestBudget({ key })
  const decided: (Decision | Ineligible)[] = []
  for (const question of questions) {
    if (budget.isTurnOver()) await budget.nextTurn()
    decided.push(requireStated(answer(subject, question, budget.budget)))
    budget.settle()
  }
  return decided
}

/** @throws AppError `invalid_attribute` */
export function requireStated(given: Answer): Decision | Ineligible {
  if ('errors' in given) throw problem('invalid_attribute', { errors: [...given.errors] })
  return given
}
