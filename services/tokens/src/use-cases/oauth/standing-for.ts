/**
 * The standing of the person of a session for one organization, or for none, as a client that acts for them needs it.
 * Asked within a transaction that has locked the session.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { askOf } from '../../domain/choose-organization.ts'
import type { Session } from '../../store/sessions.ts'
import { type Polled, readStanding, rowsIn, type Standing, type Unsure } from '../sessions/read-standing.ts'

export const standingFor = (
  deps: Pick<Deps, 'following'>,
  tx: Queryable,
  o: {
    session: Pick<Session, 'userId' | 'userVersion' | 'amr' | 'authTime' | 'lastSeenAt'>
    /** Where the person is at hand: the instant, and their address. A client asks from its own server. */
    atHand?: { now: Date; address: string | undefined }
    organizationId: string | null
    polled: Polled
  },
): Promise<Standing | Unsure> =>
  readStanding(deps, rowsIn(tx, o.session.userId), {
    userId: o.session.userId,
    sessionUserVersion: o.session.userVersion,
    session: {
      amr: o.session.amr,
      age: o.atHand && { ...o.session, now: o.atHand.now },
      from: o.atHand ?? 'elsewhere',
    },
    ask: askOf(o.organizationId),
    lastOrganizationId: undefined,
    at: 'refresh',
    polled: o.polled,
  })
