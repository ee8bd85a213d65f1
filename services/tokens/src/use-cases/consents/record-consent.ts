/**
 * The consent of a person to a client, with its event, in the transaction that decides. The same consent again changes
 * nothing and announces nothing.
 */
import { OAuthConsentGranted } from '@gatehouse/contracts/events/tokens/oauth-consent'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { addConsent } from '../../store/oauth-consents.ts'

export async function recordConsent(
  tx: Tx,
  o: { userId: string; client: { id: string; orgId: string | null }; scopes: string[] },
): Promise<void> {
  const { userId, client, scopes } = o
  const consent = await addConsent(tx, { id: newId('cns'), userId, clientId: client.id, scopes })
  if (consent === undefined) return
  await appendEvent(tx, {
    contract: OAuthConsentGranted,
    aggregateType: 'oauth_consent',
    aggregateId: consent.id,
    version: consent.version,
    userId,
    actor: `user:${userId}`,
    data: { consent_id: consent.id, user_id: userId, client_id: client.id, scope: consent.scopes },
  })
}
