/** What the signed-in person has enrolled. */
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { Factors } from '@gatehouse/contracts/http/identity/factors'
import type { Deps } from '../../deps.ts'
import { listFactors } from '../../store/factors.ts'

export async function getMyFactors(deps: Pick<Deps, 'system'>, { userId }: UserCaller): Promise<Factors> {
  const { totp, passkeys, recoveryCodesLeft } = await listFactors(deps.system, userId)
  return {
    totp: totp
      ? { enrolled_at: totp.enrolledAt.toISOString(), last_used_at: totp.lastUsedAt?.toISOString() ?? null }
      : null,
    passkeys: { count: passkeys },
    recovery_codes: { left: recoveryCodesLeft },
  }
}
