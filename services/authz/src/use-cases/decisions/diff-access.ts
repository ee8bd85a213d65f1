/**
 * What a subject may do at one moment and not at another: each action of each type, planned over all resources with the
 * rows of both moments.
 */
import type { AccessDiffRequest, AccessDiffResponse } from '@gatehouse/contracts/http/authz/explanation'
import type { Work } from '@gatehouse/policy/compile/work'
import { planning } from '@gatehouse/policy/plan/plan'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { planFor } from '../../domain/decision.ts'
import { isSubject, type Ineligible, type Subject } from '../../domain/subject.ts'
import { findAll, Miss } from '../../facts/facts.ts'
import { askerOf } from '../../subjects/caller-subject.ts'
import { subjectsFor } from '../../access/subject-access.ts'
import { decideWith } from '../../facts/decide-with.ts'
import { requireFresh, revisionNow } from '../../facts/freshness.ts'
import type { DecidingDeps } from '../../access/decide-for-caller.ts'
import { requireMoment } from '../../facts/moment.ts'

type Difference = AccessDiffResponse['data'][number]
/** By permission: on how many resources, and what it depends on. */
type Access = ReadonlyMap<string, { readonly extent: 'some' | 'all'; readonly on: string }>

/** @throws AppError `evaluation_too_expensive`, `validation_failed`, `not_current` */
export async function diffAccess(
  deps: DecidingDeps,
  caller: OrgCaller,
  { request: { subject: named, from, to }, signal }: { request: AccessDiffRequest; signal?: AbortSignal },
): Promise<AccessDiffResponse> {
  const moments = [requireMoment(deps, from, '/from'), requireMoment(deps, to, '/to')]
  const asker = askerOf(caller)
  const { subjects, revision } = await decideWith(deps, (facts) => {
    requireFresh(deps.following)
    const find = subjectsFor(deps, facts, asker)
    const subjects = findAll(moments, (at) => find(named, at))
    return subjects instanceof Miss ? subjects : { subjects, revision: revisionNow(deps.following) }
  })
  const [first, second] = subjects as [Subject | Ineligible, Subject | Ineligible]
  const { before, after } = await inTurns(planningBoth(first, second), {
    work: 'plan',
    key: caller.orgId,
    signal,
    most: stepsPerDiff,
  })
  const permissions = [...new Set([...before.keys(), ...after.keys()])].sort()
  return {
    data: permissions.flatMap((permission) => differenceOf(permission, { before, after }) ?? []),
    context: { revision },
  }
}

/**
 * Steps all plans of one request may take together: two moments of an action with hundreds of policies, and of many
 * actions with a few.
 */
const stepsPerDiff = 10_000_000

function* planningBoth(
  first: Subject | Ineligible,
  second: Subject | Ineligible,
): Work<{ readonly before: Access; readonly after: Access }> {
  return { before: yield* planningAll(first), after: yield* planningAll(second) }
}

/** Steps of putting a question together. */
const stepsPerQuestion = 100
/** Of the answer, to be compared. */
const charactersPerStep = 20

function* planningAll(subject: Subject | Ineligible): Work<Access> {
  const access = new Map<string, { extent: 'some' | 'all'; on: string }>()
  if (!isSubject(subject)) return access
  for (const [type, { actions }] of subject.model.catalog.types) {
    for (const name of actions.keys()) {
      yield stepsPerQuestion
      const asked = planFor(subject, { resource: { type }, action: { name } })
      if ('errors' in asked) continue
      const found = yield* planning(subject.model.set, asked)
      if (found.kind === 'too_expensive') throw problem('evaluation_too_expensive')
      if (found.kind === 'always_deny') continue
      const on = JSON.stringify(found)
      access.set(`${type}:${name}`, { extent: found.kind === 'always_allow' ? 'all' : 'some', on })
      yield Math.ceil(on.length / charactersPerStep)
    }
  }
  return access
}

const rank = { none: 0, some: 1, all: 2 } as const

function differenceOf(permission: string, o: { before: Access; after: Access }): Difference | undefined {
  const [was, is] = [o.before.get(permission), o.after.get(permission)]
  const [before, after] = [was?.extent ?? 'none', is?.extent ?? 'none'] as const
  if (before === after) return was?.on === is?.on ? undefined : { permission, before, after, change: 'changed' }
  return { permission, before, after, change: rank[after] > rank[before] ? 'gained' : 'lost' }
}
