/**
 * Answers many evaluations in one request (AuthZEN §7): what is known is looked up once for all of them, then each is decided in order.
 * What is wrong with one is that one's answer and closed; what is wrong with the request, or not known here, is the answer to all.
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
import { evaluationReader, type Defaults, type ReadEvaluation } from '../../domain/authzen-request.ts'
import { answer, type Answer } from '../../domain/decision.ts'
import { ineligible, type Ineligible, type Subject } from '../../domain/subject.ts'
import { momentOf } from '../../domain/moment.ts'
import { outcomeText, outcomeView } from '../../domain/reason-view.ts'
import { subjectsFor } from '../subjects/subject-access.ts'
import { awaitRevision, requireFresh, revisionNow } from './freshness.ts'
import type { DecidingDeps } from './decide-for-caller.ts'
import { evaluate, evaluateAtOnce, namesMoment, type AskedAtOnce, type EvaluatingDeps } from './evaluate.ts'
import { storedAttributesOfMany } from '../directory/stored-resources.ts'
import { cachedStoredAttributes, cachedSubjects } from '../subjects/cached-subjects.ts'

type Semantic = NonNullable<NonNullable<EvaluationsRequest['options']>['evaluations_semantic']>

/** The decision after which nothing more is asked. */
const lastDecision: Record<Semantic, boolean | undefined> = {
  execute_all: undefined,
  deny_on_first_deny: false,
  permit_on_first_permit: true,
}

/** @throws AppError `validation_failed`, `not_current`, `revision_unavailable` */
export async function evaluateMany(
  deps: EvaluatingDeps,
  caller: OrgCaller,
  request: EvaluationsRequest,
): Promise<EvaluationsResponse> {
  const { evaluations: items = [], options, ...top } = request
  if (items.length === 0) return evaluate(deps, caller, single(top))
  requireFresh(deps.following)
  const nowMs = deps.clock.now().getTime()
  const read = readAll(items, { top, nowMs })
  for (const revision of revisionsIn(read)) await awaitRevision(deps.following, revision)
  const subjects = await findSubjects(deps, caller, read)
  const placed = read.map((one, index) =>
    one.ok ? { subject: subjects[index], resource: one.evaluation.resource, at: one.at } : undefined,
  )
  const onRecord = await storedAttributesOfMany(deps, caller.orgId, placed)
  const found = subjects.map((subject, index) => ({ subject, storedResource: onRecord[index] }))
  const evaluations = answerInOrder(deps, caller.orgId, { read, found, options }).map(view)
  return { context: { revision: revisionNow(deps.following) }, evaluations }
}

/** The same from memory, without waiting, as JSON. Undefined, or anything thrown: it takes `evaluateMany`. */
export function evaluateManyAtOnce(
  deps: EvaluatingDeps,
  { caller, body, clientAddress }: AskedAtOnce<EvaluationsRequest>,
): string | undefined {
  const { evaluations: items = [], options, ...top } = body
  if (items.length === 0) return evaluateAtOnce(deps, { caller, body: single(top), clientAddress })
  requireFresh(deps.following)
  const nowMs = deps.clock.now().getTime()
  const read = readAll(items, { top, nowMs })
  if (read.some((one) => one.ok && namesMoment(one.evaluation.context))) return undefined
  const find = cachedSubjects(deps, { caller, clientAddress })
  // Everything before the first answer: what is not at hand sends all of them the regular path.
  const found = read.map((one): Found => {
    if (!one.ok) return {}
    const subject = find(one.evaluation.subject)
    return {
      subject,
      storedResource: cachedStoredAttributes(deps, subject, { orgId: caller.orgId, resource: one.evaluation.resource }),
    }
  })
  const evaluations = answerInOrder(deps, caller.orgId, { read, found, options }).map(text)
  return `{"context":{"revision":"${revisionNow(deps.following)}"},"evaluations":[${evaluations.join(',')}]}`
}

type Found = { readonly subject?: Subject | Ineligible | undefined; readonly storedResource?: Properties | undefined }

/** One that could not be read, and why not. */
type Unreadable = { readonly allowed: false; readonly message: string }

/** Until the semantic says that nothing more is asked. */
function answerInOrder(
  deps: EvaluatingDeps,
  orgId: string,
  o: { read: readonly ReadAsked[]; found: readonly Found[]; options: EvaluationsRequest['options'] },
): (Answer | Unreadable)[] {
  const last = lastDecision[o.options?.evaluations_semantic ?? 'execute_all']
  const answers: (Answer | Unreadable)[] = []
  for (let index = 0; index < o.read.length; index += 1) {
    const one = o.read[index] as ReadAsked
    const given = one.ok
      ? answerOne(deps, orgId, { one, found: o.found[index] })
      : { allowed: false as const, message: one.message }
    answers.push(given)
    if (given.allowed === last) break
  }
  return answers
}

function answerOne(
  { decisions }: EvaluatingDeps,
  orgId: string,
  { one, found }: { readonly one: ReadAsked & { readonly ok: true }; readonly found: Found | undefined },
): Answer {
  const { subject: named, resource, action, context } = one.evaluation
  const subject = found?.subject
  const question = {
    resource,
    action,
    subjectProperties: named.properties,
    context,
    storedResource: found?.storedResource,
  }
  const given = subject === undefined ? ineligible('unknown_subject') : answer(subject, question)
  if (one.at === undefined) decisions.note({ orgId, named, subject, question, given })
  return given
}

type ReadAsked =
  (ReadEvaluation & { readonly ok: true; readonly at: Date | undefined }) | (ReadEvaluation & { readonly ok: false })

function readAll(
  items: NonNullable<EvaluationsRequest['evaluations']>,
  { top, nowMs }: { top: Defaults; nowMs: number },
): ReadAsked[] {
  const read = evaluationReader(top)
  return items.map((item) => withMoment(read(item as Properties), nowMs))
}

function withMoment(read: ReadEvaluation, nowMs: number): ReadAsked {
  if (!read.ok) return read
  const moment = momentOf(read.evaluation.context, nowMs)
  return moment.ok
    ? { ok: true, evaluation: read.evaluation, at: moment.at }
    : { ok: false, message: `context.at ${moment.message}` }
}

/** Without evaluations the request is a single one, so it must be whole. */
function single(top: Omit<EvaluationsRequest, 'evaluations' | 'options'>): EvaluationRequest {
  const read = evaluationReader(top)({})
  if (!read.ok) throw problem('validation_failed', { detail: `${read.message}.` })
  return { ...read.evaluation, ...(top.context === undefined ? {} : { context: top.context }) } as EvaluationRequest
}

/** Each revision once: mostly there is one, of the whole request. */
function revisionsIn(read: readonly ReadAsked[]): Set<string> {
  const revisions = new Set<string>()
  for (const one of read) {
    const revision = one.ok ? one.evaluation.context?.['at_least'] : undefined
    if (typeof revision === 'string') revisions.add(revision)
    else if (revision !== undefined)
      throw problem('validation_failed', { errors: [{ path: '/context/at_least', message: 'is not a revision' }] })
  }
  return revisions
}

/** By the place of the evaluation; defaults make most of them the same object. */
async function findSubjects(
  deps: DecidingDeps,
  caller: OrgCaller,
  read: readonly ReadAsked[],
): Promise<(Subject | Ineligible | undefined)[]> {
  const find = subjectsFor(deps, caller)
  const known = new Map<string, Promise<Subject | Ineligible>>()
  return Promise.all(
    read.map((one) => {
      if (!one.ok) return undefined
      const { type, id } = one.evaluation.subject
      const key = `${one.at?.getTime() ?? ''} ${type} ${id}`
      const found = known.get(key) ?? find({ type, id }, one.at)
      known.set(key, found)
      return found
    }),
  )
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
