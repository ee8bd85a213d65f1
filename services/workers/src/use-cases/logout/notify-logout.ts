/**
 * One attempt to tell a client that a session it had is over (OpenID Connect Back-Channel Logout 1.0 §2.5). The address
 * is the client's own choice, so it is reached as webhooks are: on the public Internet only, without following
 * redirects, a few at once for each client.
 */
import type { JobOutcome } from '@gatehouse/service-kit/jobs/processor'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { Deps } from '../../deps.ts'

export type NotifyDeps = {
  clients: Pick<Deps['clients'], 'tokens'>
  webhooks: Pick<Deps['webhooks'], 'sender' | 'slots'>
}

const attempts = counter('backchannel_logout_attempts_total', 'Attempts to tell a client of a session that ended')
const busyWaitMs = 200

/** @throws Error when a later attempt may succeed */
export async function notifyLogout(
  { clients, webhooks: { sender, slots } }: NotifyDeps,
  { sessionId, signal }: { sessionId: string; signal: AbortSignal },
): Promise<JobOutcome> {
  const logout = await clients.tokens.mintLogoutToken(sessionId)
  if (logout === null) return { kind: 'done' }
  if (!slots.take(logout.client_id)) return { kind: 'postponed', waitMs: busyWaitMs }
  try {
    const sent = await sender.send({
      url: logout.uri,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Gatehouse-Logout/1.0' },
      body: new URLSearchParams({ logout_token: logout.logout_token }).toString(),
      signal,
    })
    attempts.add(1, { outcome: sent.kind === 'answered' ? `${Math.floor(sent.status / 100)}xx` : sent.kind })
    if (sent.kind === 'unreachable') throw new Error(`the client could not be told: ${sent.reason}`)
    if (sent.status >= 200 && sent.status < 300) return { kind: 'done' }
    // §2.8: the client read the token and refuses it, which the same token again would not change.
    if (sent.status === 400) return { kind: 'undeliverable', reason: 'the client refused the logout token with 400' }
    throw new Error(`the client answered ${sent.status}`)
  } finally {
    slots.free(logout.client_id)
  }
}
