/** What the script puts into a form: a credential as browsers write it. Its meaning is identity's to check. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Visit } from '../browser/visit.ts'

/** @throws AppError `invalid_passkey` */
export function credentialOf<T>({ form }: Visit): T {
  try {
    const value: unknown = JSON.parse(form.get('credential') ?? '')
    if (typeof value === 'object' && value !== null) return value as T
  } catch {
    // Not written by a browser.
  }
  throw problem('invalid_passkey')
}
