/**
 * The person of a session as an authorization request meets them: how they signed in, for which organizations they may
 * act, what they allowed the client.
 */
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { acrOf, epochSeconds } from '../../domain/access-claims.ts'
import { askOf } from '../../domain/choose-organization.ts'
import type { PersonAtHand } from '../../domain/oauth/authorization-needs.ts'
import type { AuthorizationRequest } from '../../domain/oauth/authorization-request.ts'
import { findConsent } from '../../store/oauth-consents.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { listUsableMemberships } from '../../store/projections.ts'
import { findLiveSession, type Session } from '../../store/sessions.ts'
import { isRefusedEntry, type Polled, readStanding, rowsIn, type Unsure, untilSure } from '../sessions/read-standing.ts'

type PersonDeps = Pick<Deps, 'db' | 'following' | 'clients'>
type Met = {
  sessionId: string
  userId: string
  client: Pick<OAuthClient, 'id' | 'orgId'>
  request: Pick<AuthorizationRequest, 'organizationId' | 'prompt'>
}
type Outcome = { kind: 'known'; person: PersonAtHand } | { kind: 'nobody' }

/** More than a person can choose from by eye. */
const mostOrganizations = 100

/** Undefined when the session is over or its person may not sign in. @throws AppError `not_current` */
export async function personAtHand(deps: PersonDeps, met: Met): Promise<PersonAtHand | undefined> {
  const outcome = await untilSure(deps, (polled) =>
    inScope(deps.db, { userId: met.userId }, (tx) => read(deps, tx, { ...met, polled })),
  )
  return outcome.kind === 'known' ? outcome.person : undefined
}

async function read(deps: PersonDeps, tx: Queryable, o: Met & { polled: Polled }): Promise<Outcome | Unsure> {
  const { userId, client, request, polled } = o
  const found = await findLiveSession(tx, o.sessionId)
  if (found === undefined || found.session.parentId !== null) return { kind: 'nobody' }
  const { session, now } = found
  const named = client.orgId ?? request.organizationId
  const usable = await listUsableMemberships(tx, { userId, limit: mostOrganizations })
  const all = usable.map(({ organizationId }) => organizationId)
  const wanted = named ?? unnamed(session, all, request)
  const standing = await readStanding(deps, rowsIn(tx, userId), {
    userId,
    sessionUserVersion: session.userVersion,
    session: {
      amr: session.amr,
      age: { authTime: session.authTime, lastSeenAt: session.lastSeenAt, now },
      from: { address: currentContext()?.clientAddress },
    },
    // A choice out of two or more is theirs; no event that is still to come takes it away from them.
    ask: wanted === 'undecided' ? { kind: 'none' } : askOf(wanted),
    lastOrganizationId: undefined,
    at: 'refresh',
    polled,
  })
  if (standing.kind === 'unsure') return standing
  // Who signed in too weakly for the organization is asked, and finds out when they decide.
  const isMember = standing.kind === 'known' || isRefusedEntry(standing)
  if (!isMember && standing.kind !== 'not_a_member') return { kind: 'nobody' }
  const person: PersonAtHand = {
    userId,
    signIn: { authTime: epochSeconds(session.authTime), acr: acrOf(session.amr) },
    organizations: choosable({ named, all, isMember }),
    organizationId: standing.kind === 'known' ? wanted : 'undecided',
    allowed: await findConsent(tx, { userId, clientId: client.id }),
  }
  return { kind: 'known', person }
}

/**
 * The organization the browser last acted for, else the only one; `select_account` asks anew (OpenID Connect Core
 * §3.1.2.1).
 */
function unnamed(
  { lastOrganizationId }: Session,
  all: readonly string[],
  { prompt }: Pick<AuthorizationRequest, 'prompt'>,
): string | null | 'undecided' {
  if (prompt.includes('select_account') && all.length > 1) return 'undecided'
  if (lastOrganizationId !== null && all.includes(lastOrganizationId)) return lastOrganizationId
  const [only = null, another] = all
  return another === undefined ? only : 'undecided'
}

/** Where the organization is named there is nothing to choose, and nothing at all for somebody outside. */
function choosable(o: { named: string | undefined; all: readonly string[]; isMember: boolean }): readonly string[] {
  if (o.named === undefined) return o.all
  return o.isMember ? [o.named] : []
}
