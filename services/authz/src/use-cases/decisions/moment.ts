/** What a request says about time: how recent the answer must be, and which moment it is about. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Properties } from '../../domain/attributes.ts'
import { momentOf } from '../../domain/moment.ts'
import type { Miss } from '../../facts/facts.ts'
import { requireRevision } from './freshness.ts'
import type { DecidingDeps } from './decide-for-caller.ts'

/** The moment of `at`, or undefined for now; a miss until `at_least` has arrived. @throws AppError `validation_failed` */
export function readMoment(deps: DecidingDeps, context: Properties | undefined): Date | undefined | Miss {
  if (context === undefined) return undefined
  return (
    requireRevision(deps.following, context['at_least'], '/context/at_least') ??
    requireMoment(deps, context['at'], '/context/at')
  )
}

/** What `at` says, or undefined for now. @throws AppError `validation_failed` at `path` */
export function requireMoment({ clock }: Pick<DecidingDeps, 'clock'>, at: unknown, path: string): Date | undefined {
  if (at === undefined) return undefined
  const moment = momentOf({ at }, clock.now().getTime())
  if (!moment.ok) throw problem('validation_failed', { errors: [{ path, message: moment.message }] })
  return moment.at
}
