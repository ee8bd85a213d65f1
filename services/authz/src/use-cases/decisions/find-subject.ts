/** The subject of a request that is about one, at the moment the request is about. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Properties } from '../../domain/attributes.ts'
import type { Ineligible, Subject } from '../../domain/subject.ts'
import { Miss } from '../../facts/facts.ts'
import { askerOf, type DecidingDeps } from '../../subjects/caller-subject.ts'
import { subjectsFor } from '../../access/subject-access.ts'
import { decideWith } from '../../facts/decide-with.ts'
import { requireFresh, revisionNow } from '../../facts/freshness.ts'
import { readMoment } from '../../facts/moment.ts'

type Asked = {
  readonly named: { readonly type: string; readonly id: string }
  readonly context: Properties | undefined
}
type FoundSubject = {
  readonly subject: Subject | Ineligible
  readonly at: Date | undefined
  /** What the facts about the subject rest on. */
  readonly revision: string
}

/** @throws AppError `validation_failed`, `not_current`, `revision_unavailable` */
export function findSubject(deps: DecidingDeps, caller: OrgCaller, { named, context }: Asked): Promise<FoundSubject> {
  const asker = askerOf(caller)
  return decideWith(deps, (facts) => {
    requireFresh(deps.following)
    const at = readMoment(deps, context)
    if (at instanceof Miss) return at
    const subject = subjectsFor(deps, facts, asker)(named, at)
    return subject instanceof Miss ? subject : { subject, at, revision: revisionNow(deps.following) }
  })
}
