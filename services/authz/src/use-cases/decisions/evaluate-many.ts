/**
 * Answers many evaluations in one request (AuthZEN §7): what is known is looked up once for all of them, then each is
 * decided in order. What is wrong with one is that one's answer and closed; what is wrong with the request, or not
 * known here, is the answer to all.
 */
import type {
  EvaluationOfMany,
  EvaluationRequest,
  EvaluationsRequest,
  EvaluationsResponse,
} from '@gatehouse/contracts/http/authz/evaluation'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Properties } from '../../domain/attributes.ts'
import { evaluationReader, type Defaults } from '../../domain/authzen-request.ts'
import { answer, type Answer } from '../../domain/decision.ts'
import { momentOf } from '../../domain/moment.ts'
import { outcomeText, outcomeView } from '../../domain/reason-view.ts'
import type { Answered } from '../../domain/recorded-decision.ts'
import { factsAsOf, findAll, Miss, type Facts } from '../../facts/facts.ts'
import { storedAttributesOf } from '../../subjects/stored-resources.ts'
import { askerOf, type Asker } from '../../subjects/caller-subject.ts'
import { subjectsFor } from '../../access/subject-access.ts'
import { decideWith } from '../../facts/decide-with.ts'
import { evaluate, evaluateAtOnce, type AskedAtOnce, type EvaluatingDeps } from './evaluate.ts'
import { requireFresh, requireRevision, revisionNow } from '../../facts/freshness.ts'
import { createRequestBudget, type RequestBudget, type RequestBudgetOptions } from '../../access/request-budget.ts'

type Semantic = NonNullable<NonNullable<EvaluationsRequest['options']>['evaluations_semantic']>

/** The decision after which nothing more is asked. */
const lastDecision: Record<Semantic, boolean | undefined> = {
  execute_all: undefined,
  deny_on_first_deny: false,
  permit_on_first_permit: true,
}

/**
 * @param o.signal - aborts when nobody waits for the answers. @throws AppError `evaluation_too_expensive`,
 * `validation_failed`, `not_current`, `revision_unavailable`
 */
export async function evaluateMany(
  deps: EvaluatingDeps,
  caller: OrgCaller,
  { request, signal }: { request: EvaluationsRequest; signal?: AbortSignal },
): Promise<EvaluationsResponse> {
  const { evaluations: items = [], options } = request
  if (items.length === 0) return evaluate(deps, caller, single(request))
  const asker = askerOf(caller)
  const { found, revision } = await decideWith(deps, (facts) => findFacts(deps, facts, { asker, items, top: request }))
  const answering = startAnswering(found, options, { key: caller.orgId, signal })
  // What was not answered at once has had its part of this round of the event loop.
  do await answering.budget.nextTurn()
  while (!answering.run())
  note(deps, asker, answering)
  return { context: { revision }, evaluations: answering.answers.map(view) }
}

/**
 * The same as JSON, where everything is in memory and takes few steps. Undefined, or anything thrown: it takes
 * `evaluateMany`.
 */
export function evaluateManyAtOnce(deps: EvaluatingDeps, asked: AskedAtOnce<EvaluationsRequest>): string | undefined {
  const { evaluations: items = [], options } = asked.body
  if (items.length === 0) return evaluateAtOnce(deps, { ...asked, body: single(asked.body) })
  const known = findFacts(deps, deps.factCache.known, { asker: asked, items, top: asked.body })
  if (known instanceof Miss) return undefined
  const answering = startAnswering(known.found, options, { key: asked.caller.orgId })
  if (!answering.run(stepsAtOnce)) return undefined
  note(deps, asked, answering)
  const evaluations = answering.answers.map(text)
  return `{"context":{"revision":"${known.revision}"},"evaluations":[${evaluations.join(',')}]}`
}

/** One evaluation with what is known to it, or why it could not be read. */
type Found = { readonly ok: true; readonly at: Date | undefined } & Pick<Answered, 'named' | 'subject' | 'question'>
type Unread = { readonly ok: false; readonly message: string }

/** Everything before the first answer. */
function findFacts(
  deps: EvaluatingDeps,
  facts: Facts,
  { asker, items, top }: { asker: Asker; items: NonNullable<EvaluationsRequest['evaluations']>; top: Defaults },
): { readonly found: readonly (Found | Unread)[]; readonly revision: string } | Miss {
  const { orgId } = asker.caller
  requireFresh(deps.following, deps.clock.monotonicMs())
  const nowMs = deps.clock.now().getTime()
  const read = evaluationReader(top)
  const findSubject = subjectsFor(deps, facts, asker)
  const found = findAll(items, (item): Found | Unread | Miss => {
    const one = read(item as Properties)
    if (!one.ok) return one
    const { subject: named, resource, action, context } = one.evaluation
    const moment = momentOf(context, nowMs)
    if (!moment.ok) return { ok: false, message: `context.at ${moment.message}` }
    const { at } = moment
    const late = requireRevision(deps.following, context?.['at_least'], '/context/at_least')
    if (late !== undefined) return late
    const subject = findSubject(named, at)
    if (subject instanceof Miss) return subject
    const storedResource = storedAttributesOf(factsAsOf(facts, at), subject, { orgId, resource })
    if (storedResource instanceof Miss) return storedResource
    return {
      ok: true,
      at,
      named,
      subject,
      question: { resource, action, subjectProperties: named.properties, context, storedResource },
    }
  })
  return found instanceof Miss ? found : { found, revision: revisionNow(deps.following) }
}

/** What could not be read is closed. */
type Unreadable = { readonly allowed: false; readonly message: string }

type Answering = {
  readonly found: readonly (Found | Unread)[]
  readonly answers: readonly (Answer | Unreadable)[]
  readonly budget: RequestBudget
  /**
   * Answers until so many steps are taken, or a turn is over; true when nothing more is asked. @throws AppError
   * `evaluation_too_expensive`
   */
  run(most?: number): boolean
}

/** Steps a batch may take ahead of those who wait for a turn: a hundred usual questions take a third of them. */
const stepsAtOnce = 50_000

/** In order, until the semantic says that nothing more is asked. */
function startAnswering(
  found: readonly (Found | Unread)[],
  options: EvaluationsRequest['options'],
  asked: RequestBudgetOptions,
): Answering {
  const last = lastDecision[options?.evaluations_semantic ?? 'execute_all']
  const budget = createRequestBudget(asked)
  const answers: (Answer | Unreadable)[] = []
  const run = (most = Infinity): boolean => {
    while (answers.length < found.length) {
      if (budget.isTurnOver() || budget.stepsTaken >= most) return false
      const one = found[answers.length] as Found | Unread
      const given = one.ok
        ? answer(one.subject, one.question, budget.budget)
        : { allowed: false as const, message: one.message }
      budget.settle()
      answers.push(given)
      if (given.allowed === last) return true
    }
    return true
  }
  return { found, answers, budget, run }
}

/** Once all of them are given: what is answered again on the regular path is recorded once. */
function note(
  { decisions }: EvaluatingDeps,
  { caller: { orgId } }: Asker,
  { found, answers, budget }: Answering,
): void {
  answers.forEach((given, index) => {
    const one = found[index]
    if (one?.ok !== true || one.at !== undefined || 'message' in given) return
    decisions.note({
      orgId,
      named: one.named,
      subject: one.subject,
      question: one.question,
      given,
      budget: budget.budget,
    })
  })
}

/** Without evaluations the request is a single one, so it must be whole. */
function single(top: Omit<EvaluationsRequest, 'evaluations' | 'options'>): EvaluationRequest {
  const read = evaluationReader(top)({})
  if (!read.ok) throw problem('validation_failed', { detail: `${read.message}.` })
  return { ...read.evaluation, ...(top.context === undefined ? {} : { context: top.context }) } as EvaluationRequest
}

const failed = (code: string, message: string): EvaluationOfMany => ({
  decision: false,
  context: { reason: { code }, error: { status: 400, message } },
})

function view(given: Answer | Unreadable): EvaluationOfMany {
  if ('message' in given) return failed('invalid_request', given.message)
  if ('errors' in given)
    return failed(given.reason.code, given.errors.map(({ path, message }) => `${path} ${message}`).join('; '))
  return { decision: given.allowed, context: outcomeView(given) }
}

const text = (given: Answer | Unreadable): string =>
  'message' in given || 'errors' in given
    ? JSON.stringify(view(given))
    : `{"decision":${given.allowed},"context":{${outcomeText(given)}}}`
