/**
 * Opens a session for a person identity has authenticated: the session, its refresh family and first token, the event,
 * in one transaction.
 */
import type { Authenticated } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { nameDevice } from '@gatehouse/service-kit/http/name-device'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { idleSecondsIn, type OrganizationAsk, type UsableMembership } from '../../domain/choose-organization.ts'
import type { Client } from '../../store/clients.ts'
import { insertSession, type Session } from '../../store/sessions.ts'
import { findSignInFacts, type SignInFacts } from '../../store/sign-in-facts.ts'
import { announceStart } from './announce-session-start.ts'
import { mintTokens } from './mint-tokens.ts'
import {
  type Polled,
  readStanding,
  refusedEntry,
  rowsIn,
  type Standing,
  type StandingRows,
  type Unsure,
  untilSure,
} from './read-standing.ts'

export const refreshTokenPrefix = 'gthr_'

export type SignIn = {
  userId: string
  /** The version of the user identity saw. */
  userVersion: number
  clientId: string
  amr: string[]
  ask: OrganizationAsk
  /** Where they came from, for the list of sessions. */
  from: { clientAddress: string | undefined; userAgent: string | undefined }
}

type Outcome =
  { kind: 'started'; answer: Authenticated } | { kind: 'unknown_client' } | Exclude<Standing, { kind: 'known' }>
type StartDeps = Pick<Deps, 'spine' | 'following' | 'clients' | 'keyRing' | 'issuer'>

/**
 * @throws AppError `forbidden` (unknown client, disabled account), `not_found` (no member of the named organization),
 * `insufficient_user_authentication` (it requires a second factor), `not_current`
 */
export async function startSession(deps: StartDeps, signIn: SignIn): Promise<Authenticated> {
  const outcome = await untilSure(deps, (polled) =>
    deps.spine.write({ userId: signIn.userId }, (tx) => start(deps, tx, signIn, polled)),
  )
  switch (outcome.kind) {
    case 'started':
      return outcome.answer
    case 'not_a_member':
      throw problem('not_found')
    case 'step_up':
    case 'not_admitted':
      throw refusedEntry(outcome)
    case 'user_unknown':
      throw problem('not_current', { internal: 'the user has not arrived from identity', retryAfterSeconds: 1 })
    case 'user_disabled':
    case 'session_outdated':
    case 'unknown_client':
      throw problem('forbidden', { internal: outcome.kind })
  }
}

async function start(deps: StartDeps, tx: Tx, signIn: SignIn, polled: Polled): Promise<Outcome | Unsure> {
  const { userId, ask } = signIn
  const facts = await findSignInFacts(tx, {
    clientId: signIn.clientId,
    userId,
    organizationId: ask.kind === 'named' ? ask.organizationId : undefined,
  })
  if (facts === undefined) return { kind: 'unknown_client' }
  const { client, lastOrganizationId } = facts
  const standing = await readStanding(deps, rowsFrom(facts, rowsIn(tx, userId)), {
    userId,
    minUserVersion: signIn.userVersion,
    sessionUserVersion: signIn.userVersion,
    session: { amr: signIn.amr, from: { address: signIn.from.clientAddress } },
    ask,
    lastOrganizationId,
    at: 'login',
    polled,
  })
  if (standing.kind !== 'known') return standing
  const { userVersion, membership } = standing
  const { session, refreshToken } = await openSession(tx, {
    signIn,
    client,
    membership,
  })
  return {
    kind: 'started',
    answer: mintTokens(deps, { session, client, userVersion, membership, refreshToken, now: session.createdAt }),
  }
}

/** What was read together answers; only what is asked after a neighbour has answered is looked up. */
const rowsFrom = ({ user, memberships }: SignInFacts, { isParked }: StandingRows): StandingRows => ({
  user: async () => user ?? undefined,
  membership: async (organizationId) => memberships.find((one) => one.organizationId === organizationId),
  someMemberships: async () => [...memberships],
  isParked,
})

async function openSession(
  tx: Tx,
  o: { signIn: SignIn; client: Client; membership: UsableMembership | undefined },
): Promise<{ session: Session; refreshToken: string }> {
  const { signIn, client } = o
  const { userId, amr, from } = signIn
  const { secret, hash } = mintSecret(refreshTokenPrefix)
  const opened = { id: newId('ses'), userId, clientId: client.id, amr }
  // Sent together: nobody else knows this session yet, so its first event waits for no lock.
  const [session] = await Promise.all([
    insertSession(tx, {
      ...opened,
      userVersion: signIn.userVersion,
      deviceName: nameDevice(from.userAgent),
      clientAddress: from.clientAddress ?? null,
      lastOrganizationId: o.membership?.organizationId ?? null,
      idleTtlSeconds: idleSecondsIn(o.membership, client.idleTtlSeconds),
      absoluteTtlSeconds: client.absoluteTtlSeconds,
      familyId: newId('fam'),
      token: { id: newId('rt'), hash },
    }),
    announceStart(tx, { ...opened, version: 1 }),
  ])
  return { session, refreshToken: secret }
}
