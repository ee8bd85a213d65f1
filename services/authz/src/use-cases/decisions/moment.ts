/** What a request says about time: how recent the answer must be, and which moment it is about. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Properties } from '../../domain/attributes.ts'
import { momentOf } from '../../domain/moment.ts'
import { awaitRevision } from './freshness.ts'
import type { DecidingDeps } from './decide-for-caller.ts'

/** Waits for `at_least`; the moment of `at`, or undefined for now. @throws AppError `validation_failed`, `revision_unavailable` */
export async function readMoment(
  deps: DecidingDeps,
  context: (Properties & { readonly at_least?: string | undefined }) | undefined,
): Promise<Date | undefined> {
  if (context?.at_least !== undefined) await awaitRevision(deps.following, context.at_least)
  return requireMoment(deps, context?.['at'], '/context/at')
}

/** What `at` says, or undefined for now. @throws AppError `validation_failed` at `path` */
export function requireMoment({ clock }: Pick<DecidingDeps, 'clock'>, at: unknown, path: string): Date | undefined {
  const moment = momentOf({ at }, clock.now().getTime())
  if (!moment.ok) throw problem('validation_failed', { errors: [{ path, message: moment.message }] })
  return moment.at
}
