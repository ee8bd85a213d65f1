/**
 * A person takes back what they allowed a client: the consent is gone, and so is each session the client has of them,
 * before the answer is given.
 */
import { OAuthConsentRevoked } from '@gatehouse/contracts/events/tokens/oauth-consent'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { closeSessionsOfConsent } from '../../store/child-sessions.ts'
import { claimConsentRevocation } from '../../store/oauth-consents.ts'
import { announceSessionEnd } from '../sessions/announce-session-end.ts'

/** @throws AppError `not_found` */
export async function revokeConsent(
  deps: Pick<Deps, 'spine'>,
  { userId }: Pick<UserCaller, 'userId'>,
  id: string,
): Promise<void> {
  const actor = `user:${userId}` as const
  const isRevoked = await deps.spine.write(
    { userId },
    async (tx) => {
      const consent = await claimConsentRevocation(tx, id)
      if (consent === undefined) return false
      const { clientId, version } = consent
      await appendEvent(tx, {
        contract: OAuthConsentRevoked,
        aggregateType: 'oauth_consent',
        aggregateId: id,
        version,
        userId,
        actor,
        data: { consent_id: id, user_id: userId, client_id: clientId },
      })
      for (const session of await closeSessionsOfConsent(tx, { userId, clientId }))
        await announceSessionEnd(tx, { session, reason: 'revoked', actor })
      return true
    },
    { announce: 'await' },
  )
  if (!isRevoked) throw problem('not_found')
}
