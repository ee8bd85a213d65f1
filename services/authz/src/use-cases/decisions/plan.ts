/**
 * On which resources the subject may do an action: all, none, or those a filter names, for whoever lists resources that
 * are not stored here.
 */
import type { PlanRequest, PlanResponse } from '@gatehouse/contracts/http/authz/explanation'
import type { Work } from '@gatehouse/policy/compile/work'
import { planning, type Plan } from '@gatehouse/policy/plan/plan'
import { rendering } from '@gatehouse/policy/plan/render-sql'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { isBeyondKey, planFor } from '../../domain/decision.ts'
import { isSubject } from '../../domain/subject.ts'
import type { DecidingDeps } from '../../access/decide-for-caller.ts'
import { findSubject } from './find-subject.ts'

/**
 * @throws AppError `evaluation_too_expensive`, `invalid_attribute`, `validation_failed`, `not_current`,
 * `revision_unavailable`
 */
export async function plan(
  deps: DecidingDeps,
  caller: OrgCaller,
  { request, signal }: { request: PlanRequest; signal?: AbortSignal },
): Promise<PlanResponse> {
  const { subject: named, resource, action, context, columns } = request
  const { subject, revision } = await findSubject(deps, caller, { named, context })
  const answered = { context: { revision } }
  if (!isSubject(subject) || isBeyondKey(subject, request)) return { plan: 'always_deny', ...answered }
  const asked = planFor(subject, {
    resource: { type: resource.type, properties: resource.properties },
    action,
    subjectProperties: named.properties,
    context,
  })
  if ('errors' in asked) throw problem('invalid_attribute', { errors: [...asked.errors] })
  const turns = { work: 'plan', key: caller.orgId, signal }
  const found = await inTurns(planning(subject.model.set, asked), turns)
  return { ...(await inTurns(viewing(found, columns), turns)), ...answered }
}

function* viewing(found: Plan, columns: PlanRequest['columns']): Work<Omit<PlanResponse, 'context'>> {
  if (found.kind === 'too_expensive') throw problem('evaluation_too_expensive')
  if (found.kind === 'not_filterable') return { plan: found.kind, policy: found.policy, message: found.message }
  if (found.kind !== 'conditional') return { plan: found.kind }
  return {
    plan: found.kind,
    filter: found.filter,
    ...(columns === undefined ? {} : { sql: yield* rendered(found.filter, columns) }),
  }
}

type Filter = Extract<Plan, { kind: 'conditional' }>['filter']

function* rendered(
  filter: Filter,
  columns: NonNullable<PlanRequest['columns']>,
): Work<{ text: string; params: unknown[] }> {
  try {
    const { text, params } = yield* rendering(filter, columns)
    return { text, params: [...params] }
  } catch (error) {
    const { code, attribute } = error as { code?: string; attribute?: string }
    if (code !== 'unmapped_attribute') throw error
    throw problem('validation_failed', {
      errors: [{ path: `/columns/${attribute ?? ''}`, message: 'is read by the filter and has no column' }],
    })
  }
}
