/** What a request says about time: how recent the answer must be, and which moment it is about. */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Properties } from '../domain/attributes.ts'
import { momentOf } from '../domain/moment.ts'
import type { Miss } from './facts.ts'
import { requireRevision, type Following } from './freshness.ts'

type MomentDeps = { readonly following: Following; readonly clock: Clock }

/**
 * The moment of `at`, or undefined for now; a miss until `at_least` has arrived. @throws AppError `validation_failed`
 */
export function readMoment(deps: MomentDeps, context: Properties | undefined): Date | undefined | Miss {
  if (context === undefined) return undefined
  return (
    requireRevision(deps.following, context['at_least'], '/context/at_least') ??
    requireMoment(deps, context['at'], '/context/at')
  )
}

/** What `at` says, or undefined for now. @throws AppError `validation_failed` at `path` */
export function requireMoment({ clock }: Pick<MomentDeps, 'clock'>, at: unknown, path: string): Date | undefined {
  if (at === undefined) return undefined
  const moment = momentOf({ at }, clock.now().getTime())
  if (!moment.ok) throw problem('validation_failed', { errors: [{ path, message: moment.message }] })
  return moment.at
}
