/**
 * Answers many evaluations in one request (AuthZEN §7): what is known is looked up once for all of them, then each is decided in order.
 * What is wrong with one is that one's answer and closed; what is wrong with the request, or not known here, is the answer to all.
 */
import type { EvaluationOfMany, EvaluationRequest, EvaluationsRequest, EvaluationsResponse } from '@gatehouse/contracts/http/authz/evaluation'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import type { Properties } from '../domain/attributes.ts'
import { readEvaluation, type Defaults, type Evaluation, type ReadEvaluation } from '../domain/authzen-request.ts'
import { answer, type Answer } from '../domain/decision.ts'
import { obstructed, type Obstructed, type Subject } from '../domain/subject.ts'
import { momentOf } from '../domain/moment.ts'
import { outcomeView } from '../domain/reason-view.ts'
import { subjectsFor } from './asked-subjects.ts'
import { awaitRevision, requireCurrent, revisionNow } from './currency.ts'
import type { DecidingDeps } from './decide-for-caller.ts'
import { evaluate } from './evaluate.ts'
import { storedAttributesOf } from './stored-resources.ts'

type Semantic = NonNullable<NonNullable<EvaluationsRequest['options']>['evaluations_semantic']>

/** The decision after which nothing more is asked. */
const lastDecision: Record<Semantic, boolean | undefined> = { execute_all: undefined, deny_on_first_deny: false, permit_on_first_permit: true }

/** @throws AppError `validation_failed`, `not_current`, `revision_unavailable` */
export async function evaluateMany(deps: DecidingDeps, caller: OrgCaller, request: EvaluationsRequest): Promise<EvaluationsResponse> {
  const { evaluations: items = [], options, ...top } = request
  if (items.length === 0) return evaluate(deps, caller, single(top))
  requireCurrent(deps.following)
  const nowMs = deps.clock.now().getTime()
  const read = items.map((item) => readAsked(item as Properties, { top, nowMs }))
  for (const revision of revisionsIn(read)) await awaitRevision(deps.following, revision)
  const subjects = await findSubjects(deps, caller, read)
  const onRecord = await Promise.all(read.map((one, index) => (one.ok ? findOnRecord(deps, caller, { one, subject: subjects[index] }) : undefined)))
  const last = lastDecision[options?.evaluations_semantic ?? 'execute_all']
  const evaluations: EvaluationOfMany[] = []
  for (const [index, one] of read.entries()) {
    const given = one.ok ? view(decide(one.evaluation, { subject: subjects[index], storedResource: onRecord[index] })) : failed(400, one.message)
    evaluations.push(given)
    if (given.decision === last) break
  }
  return { evaluations, context: { revision: revisionNow(deps.following) } }
}

type ReadAsked = (ReadEvaluation & { readonly ok: true; readonly at: Date | undefined }) | (ReadEvaluation & { readonly ok: false })

function readAsked(item: Properties, { top, nowMs }: { top: Defaults; nowMs: number }): ReadAsked {
  const read = readEvaluation(item, top)
  if (!read.ok) return read
  const moment = momentOf(read.evaluation.context, nowMs)
  return moment.ok ? { ...read, at: moment.at } : { ok: false, message: `context.at ${moment.message}` }
}

/** Without evaluations the request is a single one, so it must be whole. */
function single(top: Omit<EvaluationsRequest, 'evaluations' | 'options'>): EvaluationRequest {
  const read = readEvaluation({}, top)
  if (!read.ok) throw problem('validation_failed', { detail: `${read.message}.` })
  return { ...read.evaluation, ...(top.context === undefined ? {} : { context: top.context }) } as EvaluationRequest
}

/** Each revision once: mostly there is one, of the whole request. */
function revisionsIn(read: readonly ReadAsked[]): Set<string> {
  const revisions = new Set<string>()
  for (const one of read) {
    const revision = one.ok ? one.evaluation.context?.['at_least'] : undefined
    if (typeof revision === 'string') revisions.add(revision)
    else if (revision !== undefined) throw problem('validation_failed', { errors: [{ path: '/context/at_least', message: 'is not a revision' }] })
  }
  return revisions
}

/** By the place of the evaluation; defaults make most of them the same object. */
async function findSubjects(deps: DecidingDeps, caller: OrgCaller, read: readonly ReadAsked[]): Promise<(Subject | Obstructed | undefined)[]> {
  const find = subjectsFor(deps, caller)
  const known = new Map<string, Promise<Subject | Obstructed>>()
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

type Found = { readonly subject: Subject | Obstructed | undefined; readonly storedResource: Properties | undefined }

const findOnRecord = (deps: DecidingDeps, { orgId }: OrgCaller, o: { one: ReadAsked & { ok: true }; subject: Subject | Obstructed | undefined }): Promise<Properties | undefined> | undefined =>
  o.subject && storedAttributesOf(deps, o.subject, { orgId, resource: o.one.evaluation.resource, at: o.one.at })

const decide = ({ subject: named, resource, action, context }: Evaluation, { subject, storedResource }: Found): Answer =>
  subject === undefined ? obstructed('unknown_subject') : answer(subject, { resource, action, subjectProperties: named.properties, context, storedResource })

const failed = (status: number, message: string): EvaluationOfMany => ({ decision: false, context: { reason: { code: 'invalid_request' }, error: { status, message } } })

function view(given: Answer): EvaluationOfMany {
  if ('errors' in given) return { decision: false, context: { reason: { code: given.reason.code }, error: { status: 400, message: given.errors.map(({ path, message }) => `${path} ${message}`).join('; ') } } }
  return { decision: given.allowed, context: outcomeView(given) }
}
