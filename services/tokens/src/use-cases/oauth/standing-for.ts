/**
 * The standing of the person of a session for one organization, or for none, as a client that acts for them needs it.
 * Asked within a transaction that has locked the session.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { askOf } from '../../domain/choose-organization.ts'
import type { Session } from '../../store/sessions.ts'
import { type Neighbour, readStanding, rowsIn, type Standing, type Unsure } from '../sessions/read-standing.ts'

export const standingFor = (
  deps: Pick<Deps, 'following'>,
  tx: Queryable,
  o: {
    session: Pick<Session, 'userId' | 'userVersion' | 'amr'>
    organizationId: string | null
    polled: ReadonlySet<Neighbour>
  },
): Promise<Standing | Unsure> =>
  readStanding(deps, rowsIn(tx, o.session.userId), {
    userId: o.session.userId,
    sessionUserVersion: o.session.userVersion,
    amr: o.session.amr,
    ask: askOf(o.organizationId),
    lastOrganizationId: undefined,
    at: 'refresh',
    polled: o.polled,
  })
