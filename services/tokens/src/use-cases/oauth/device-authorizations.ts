/**
 * The person beside a device enters its code, sees what is asked for and decides (RFC 8628 §3.3). Who finds the
 * request by its code learns its identifier, and only by that it goes on; so a code is guessed at one place alone,
 * where guesses are counted.
 */
import type { DeviceAuthorization as OnWire } from '@gatehouse/contracts/http/tokens/device-authorizations'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { readUserCode, shownUserCode } from '../../domain/oauth/user-code.ts'
import { networkOf } from '../../domain/presenter.ts'
import {
  claimDeviceDecision,
  findOpenDeviceAuthorization,
  type OpenDeviceAuthorization,
} from '../../store/device-authorizations.ts'
import { giveBackGuess, takeGuess } from '../../store/user-code-guesses.ts'
import { recordConsent } from '../consents/record-consent.ts'
import { organizationFor } from './organization-for.ts'
import { personAtHand } from './person-at-hand.ts'

type ShowDeps = Pick<Deps, 'db' | 'system' | 'following' | 'clients'>
type Person = Pick<UserCaller, 'userId' | 'sessionId' | 'orgId'>

/** RFC 8628 §5.1. Of 20^8 codes, a person tries ten in ten minutes, and everybody of a network a hundred. */
const windowSeconds = 600
const mostGuesses = { person: 10, network: 100 }

/** @throws AppError `not_found`, `rate_limited`, `not_current` */
export async function findDeviceAuthorization(deps: ShowDeps, person: Person, typed: string): Promise<OnWire> {
  const { system } = deps
  const guessers = [
    { hash: hashSecret(`person ${person.userId}`), most: mostGuesses.person },
    { hash: hashSecret(`network ${networkOf(currentContext()?.clientAddress)}`), most: mostGuesses.network },
  ]
  for (const { hash, most } of guessers) {
    const { count, secondsLeft } = await takeGuess(system, { hash, windowSeconds })
    if (count > most) throw problem('rate_limited', { retryAfterSeconds: secondsLeft })
  }
  const userCode = readUserCode(typed)
  const found = userCode === undefined ? undefined : await findOpenDeviceAuthorization(system, { userCode })
  const shown = await viewFor(deps, person, found)
  for (const { hash } of guessers) await giveBackGuess(system, hash)
  return shown
}

/** @throws AppError `not_found`, `not_current` */
export const showDeviceAuthorization = async (deps: ShowDeps, person: Person, id: string): Promise<OnWire> =>
  await viewFor(deps, person, await findOpenDeviceAuthorization(deps.system, { id }))

/** Of an application of an organization only those learn who may sign in to it. */
async function viewFor(
  deps: ShowDeps,
  { userId, sessionId }: Person,
  found: OpenDeviceAuthorization | undefined,
): Promise<OnWire> {
  if (found === undefined) throw problem('not_found')
  const { authorization, client } = found
  const wanted = client.orgId ?? authorization.wantedOrganizationId
  const request = { prompt: [], ...(wanted !== null && { organizationId: wanted }) }
  const person = await personAtHand(deps, { sessionId, userId, client, request })
  if (client.orgId !== null && person?.organizations.length === 0) throw problem('not_found')
  return {
    id: authorization.id,
    user_code: shownUserCode(authorization.userCode),
    client: { id: client.id, name: client.name },
    scope: authorization.scope,
    organization_id: wanted,
    requested_from: authorization.clientAddress,
    requested_at: authorization.createdAt.toISOString(),
    expires_at: authorization.expiresAt.toISOString(),
    needs: [
      ...(person === undefined ? (['sign_in'] as const) : []),
      ...(person?.organizationId === 'undecided' ? (['select_organization'] as const) : []),
      'consent',
    ],
    organizations: [...(person?.organizations ?? [])],
  }
}

type Decision = { id: string; decision: 'approved' | 'denied'; organizationId: string | null | undefined }

/** @throws AppError `not_found`, `insufficient_user_authentication`, `not_current` */
export async function settleDeviceAuthorization(
  deps: ShowDeps & Pick<Deps, 'spine'>,
  person: Person,
  { id, decision, organizationId: wished }: Decision,
): Promise<void> {
  const found = await findOpenDeviceAuthorization(deps.system, { id })
  if (found === undefined) throw problem('not_found')
  const { authorization, client } = found
  const named = wished === undefined ? (authorization.wantedOrganizationId ?? person.orgId ?? null) : wished
  const asked = await organizationFor(deps, person, client.orgId ?? (decision === 'denied' ? null : named))
  const organizationId = decision === 'denied' ? null : asked
  const { userId, sessionId } = person
  const isFirst = await deps.spine.write(
    {},
    async (tx) => {
      const isDecided = await claimDeviceDecision(tx, { id, userId, sessionId, organizationId, decision })
      if (isDecided && decision === 'approved') await recordConsent(tx, { userId, client, scopes: authorization.scope })
      return isDecided
    },
    { db: 'system' },
  )
  if (!isFirst) throw problem('not_found')
}
