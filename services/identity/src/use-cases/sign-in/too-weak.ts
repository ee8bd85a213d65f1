/**
 * The organization that a sign-in is for requires a second factor: tokens refuses the session, and the sign-in goes on
 * to that factor.
 */
import { isAppError } from '@gatehouse/service-kit/errors/app-error'

export const isTooWeak = (err: unknown): boolean => isAppError(err, 'insufficient_user_authentication')

/** Undefined for that refusal. @throws whatever else went wrong */
export function onlyTooWeak(err: unknown): undefined {
  if (!isTooWeak(err)) throw err
}
