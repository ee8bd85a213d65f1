/** The address somebody typed, in the form that is compared. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { normalizeEmailAddress } from '@gatehouse/service-kit/text/email-address'

/** @throws AppError `validation_failed` for an address that no mail can reach */
export function normalizedAddressOf(email: string): string {
  const normalized = normalizeEmailAddress(email)
  if (normalized === undefined)
    throw problem('validation_failed', { errors: [{ path: '/email', message: 'has a domain that no mail can reach' }] })
  return normalized
}
