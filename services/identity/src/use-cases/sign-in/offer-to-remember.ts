/** What a challenge says of remembering the device, so that a page shows the choice only where there is one. */
import type { Deps } from '../../deps.ts'
import { mayRemember, type SignInState, type Step } from '../../domain/sign-in/steps.ts'

export function offerToRemember(
  { settings: { rememberedDeviceDays } }: Pick<Deps, 'settings'>,
  state: SignInState,
  next: readonly Step[],
): { remember_device_days?: number } {
  const isOffered = rememberedDeviceDays > 0 && next.some((step) => mayRemember(state, step))
  return isOffered ? { remember_device_days: rememberedDeviceDays } : {}
}
