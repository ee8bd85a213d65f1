/**
 * A device polls (RFC 8628 §3.4). Once its person has allowed it, in one transaction the request is locked and spent,
 * the sign-in that allowed it looked at, and a sign-in of the device made with the client's session in it: a television
 * stays signed in when the telephone beside it signs out.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { audienceOf } from '../../domain/oauth/client-tokens.ts'
import { decidePoll } from '../../domain/oauth/device-poll.ts'
import { deviceCodeGrant } from '../../domain/oauth/grant-types.ts'
import { invalidTarget, isWithin, resourcesIn } from '../../domain/oauth/resource-indicators.ts'
import { findClient } from '../../store/clients.ts'
import { claimDeviceCode, type Poll, lockDeviceAuthorization, notePoll } from '../../store/device-authorizations.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { isLiveAt, lockSession } from '../../store/sessions.ts'
import { type Polled, type Unsure, untilSure } from '../sessions/read-standing.ts'
import { deviceCodePrefix } from './authorize-device.ts'
import { boundKeyOf } from './bound-key.ts'
import { type ChildSession, openChildSession } from './open-child-session.ts'
import { openDeviceSignIn } from './open-device-sign-in.ts'
import { requireGrant } from './require-grant.ts'
import { standingFor } from './standing-for.ts'
import { clientTokens, type TokenAnswer } from './token-answer.ts'

type PollDeps = Pick<Deps, 'spine' | 'system' | 'following' | 'keyRing' | 'issuer' | 'clients' | 'log'>
type Redemption = {
  client: OAuthClient
  /** RFC 8707 §2.2. */
  resources: string[] | undefined
  clientAddress: string | undefined
  jkt: string | undefined
}
type Outcome = { kind: 'redeemed'; child: ChildSession; scope: string[] } | { kind: 'refused'; because: string }

/**
 * @throws OAuthError `invalid_request`, `unauthorized_client`, `invalid_grant` and those of RFC 8628 §3.5; AppError
 * `not_current`, `unavailable`
 */
export async function redeemDeviceCode(
  deps: PollDeps,
  o: Omit<Redemption, 'resources'> & { parameters: Parameters },
): Promise<TokenAnswer> {
  const { client, parameters } = o
  requireGrant(client, deviceCodeGrant)
  const presented = parameters.get('device_code')
  if (presented === undefined) throw oauthError('invalid_request', { description: 'device_code is missing.' })
  const resources = resourcesIn(parameters)
  if (resources !== undefined && !isWithin(resources, client.audiences))
    throw oauthError('invalid_target', { description: invalidTarget })
  const poll = isWellFormed(deviceCodePrefix, presented)
    ? await notePoll(deps.system, { hash: hashSecret(presented), clientId: client.id })
    : undefined
  const userId = redeemableBy(poll)
  deps.keyRing.requireKeys(new Date())
  const outcome = await untilSure(deps, (polled) =>
    deps.spine.write({ userId }, (tx) => redeem(deps, tx, { ...o, resources, id: poll?.id ?? '', polled })),
  )
  if (outcome.kind !== 'redeemed') throw invalidGrant(outcome.because)
  const { child, scope } = outcome
  const audience = audienceOf({ issuer: deps.issuer, client, scope, allowed: null, asked: resources }) ?? []
  return await clientTokens(deps, {
    client,
    claims: child.claims,
    scope,
    audience,
    nonce: undefined,
    refreshToken: child.refreshToken,
    jkt: o.jkt,
  })
}

/** The person who allowed it. @throws OAuthError while nobody has, or where it is refused or over */
function redeemableBy(poll: Poll | undefined): string {
  if (poll === undefined) throw invalidGrant('unknown code')
  const decided = decidePoll(poll)
  if (decided === 'invalid_grant') throw invalidGrant('exchanged before')
  if (decided !== 'redeem') throw oauthError(decided)
  if (poll.userId === null) throw new Error('A decided device authorization has lost its person')
  return poll.userId
}

const invalidGrant = (internal: string) =>
  oauthError('invalid_grant', { description: 'The device code is not valid, or not for this client.', internal })

async function redeem(
  deps: PollDeps,
  tx: Tx,
  o: Redemption & { id: string; polled: Polled },
): Promise<Outcome | Unsure> {
  const locked = await lockDeviceAuthorization(tx, o.id)
  const approver = locked?.authorization.sessionId ?? null
  if (locked === undefined || approver === null || locked.authorization.usedAt !== null)
    return { kind: 'refused', because: 'exchanged meanwhile' }
  const { authorization, now } = locked
  const session = await lockSession(tx, approver)
  if (session === undefined || !isLiveAt(session, now)) return { kind: 'refused', because: 'the sign-in is over' }
  const { organizationId, clientId, scope } = authorization
  const standing = await standingFor(deps, tx, { session, organizationId, polled: o.polled })
  if (standing.kind === 'unsure') return standing
  if (standing.kind !== 'known') return { kind: 'refused', because: standing.kind }
  const client = await findClient(tx, clientId)
  if (client === undefined) return { kind: 'refused', because: 'no client' }
  const { userVersion, membership } = standing
  const { clientAddress } = o
  const parent = await openDeviceSignIn(tx, {
    approver: session,
    client,
    name: o.client.name,
    organizationId,
    clientAddress,
  })
  const child = await openChildSession(deps, tx, {
    parent,
    client,
    scope,
    resources: o.resources ?? null,
    sessionSeconds: o.client.sessionSeconds,
    userVersion,
    membership,
    clientAddress,
    now,
    jkt: boundKeyOf(o),
  })
  if (!(await claimDeviceCode(tx, { id: authorization.id, childSessionId: child.sessionId })))
    throw new Error('A device code was spent under its own lock')
  return { kind: 'redeemed', child, scope }
}
