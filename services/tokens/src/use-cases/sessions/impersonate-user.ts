/**
 * An operator sees the platform as a person does: a session of the person that lives for minutes and whose only access
 * token names the operator. Its refresh token is given to nobody. Having it is announced as what it is and not as a
 * sign-in of the person, so they are told of the operator and no rule about their own sign-ins learns from it.
 */
import { ImpersonationBegun } from '@gatehouse/contracts/events/tokens/impersonation'
import type { Raised } from '@gatehouse/contracts/http/identity/sign-in'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import type { OrganizationAsk, UsableMembership } from '../../domain/choose-organization.ts'
import { permissions } from '../../domain/permissions.ts'
import { findClient, type Client } from '../../store/clients.ts'
import { insertSession } from '../../store/sessions.ts'
import { mintAccessToken } from './mint-tokens.ts'
import {
  type Polled,
  readStanding,
  refusedEntry,
  rowsIn,
  type Standing,
  type Unsure,
  untilSure,
} from './read-standing.ts'
import { refreshTokenPrefix } from './start-session.ts'

type ImpersonateDeps = Pick<Deps, 'spine' | 'following' | 'keyRing' | 'issuer' | 'clients'>
type Wanted = { userId: string; reason: string; minutes: number; organizationId: string | null }
type Outcome = { kind: 'begun'; answer: Raised } | { kind: 'unknown_client' } | Exclude<Standing, { kind: 'known' }>

/** The client whose sessions people have with the first-party API. */
const clientId = 'gatehouse-web'
const deviceName = 'An operator of the platform'

/**
 * @throws AppError `forbidden`, `conflict` for oneself and for whoever may not sign in, `not_found` (nobody, or no
 * member of the organization), `insufficient_user_authentication`, `not_current`
 */
export async function impersonateUser(deps: ImpersonateDeps, operator: UserCaller, wanted: Wanted): Promise<Raised> {
  const permission = permissions.impersonateUsers
  requireAllowed(await deps.clients.authz.decideOnPlatform(operator, permission), operator, permission)
  if (operator.userId === wanted.userId) throw problem('conflict', { detail: 'You are this person.' })
  const { userId, organizationId } = wanted
  const scope = organizationId === null ? { userId } : { userId, orgId: organizationId }
  const outcome = await untilSure(deps, (polled) =>
    deps.spine.write(scope, (tx) => begin(deps, tx, { operator, wanted, polled })),
  )
  switch (outcome.kind) {
    case 'begun':
      return outcome.answer
    case 'user_unknown':
    case 'not_a_member':
      throw problem('not_found')
    case 'user_disabled':
    case 'session_outdated':
      throw problem('conflict', { detail: 'This person may not sign in.' })
    case 'step_up':
    case 'not_admitted':
      throw refusedEntry(outcome)
    case 'unknown_client':
      throw problem('forbidden', { internal: outcome.kind })
  }
}

async function begin(
  deps: ImpersonateDeps,
  tx: Tx,
  { operator, wanted, polled }: { operator: UserCaller; wanted: Wanted; polled: Polled },
): Promise<Outcome | Unsure> {
  const { userId, organizationId } = wanted
  const client = await findClient(tx, clientId)
  if (client === undefined) return { kind: 'unknown_client' }
  const ask: OrganizationAsk = organizationId === null ? { kind: 'none' } : { kind: 'named', organizationId }
  const standing = await readStanding(deps, rowsIn(tx, userId), {
    userId,
    sessionUserVersion: Number.MAX_SAFE_INTEGER,
    // The rules of the organization are asked of the operator's own sign-in and network.
    session: { amr: operator.claims.amr, from: { address: currentContext()?.clientAddress } },
    ask,
    lastOrganizationId: undefined,
    at: 'login',
    polled,
  })
  if (standing.kind !== 'known') return standing
  return { kind: 'begun', answer: await open(deps, tx, { operator, wanted, client, ...standing }) }
}

async function open(
  deps: ImpersonateDeps,
  tx: Tx,
  o: {
    operator: UserCaller
    wanted: Wanted
    client: Client
    userVersion: number
    membership: UsableMembership | undefined
  },
): Promise<Raised> {
  const { operator, membership, userVersion } = o
  const { userId, reason, minutes } = o.wanted
  const lifeSeconds = minutes * 60
  const session = await insertSession(tx, {
    id: newId('ses'),
    userId,
    userVersion,
    clientId: o.client.id,
    amr: [...operator.claims.amr],
    impersonatedBy: operator.userId,
    deviceName,
    clientAddress: currentContext()?.clientAddress ?? null,
    lastOrganizationId: null,
    idleTtlSeconds: lifeSeconds,
    absoluteTtlSeconds: lifeSeconds,
    familyId: newId('fam'),
    token: { id: newId('rt'), hash: mintSecret(refreshTokenPrefix).hash },
  })
  await appendEvent(tx, {
    contract: ImpersonationBegun,
    aggregateType: 'session',
    aggregateId: session.id,
    version: session.version,
    userId,
    ...(membership && { orgId: membership.organizationId }),
    actor: actorOf(operator),
    data: {
      session_id: session.id,
      user_id: userId,
      impersonated_by: operator.userId,
      organization_id: membership?.organizationId ?? null,
      expires_at: session.expiresAt.toISOString(),
      reason,
    },
  })
  const client = { ...o.client, accessTtlSeconds: lifeSeconds }
  return mintAccessToken(deps, { session, client, userVersion, membership, now: session.createdAt })
}
