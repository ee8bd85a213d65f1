/**
 * What identity asks of tokens: a session for a person it has authenticated, or that one of theirs is raised, and the
 * keys that verify access tokens.
 */
import type { Authenticated, Raised } from '@gatehouse/contracts/http/identity/sign-in'
import { RaiseSession, StartSession } from '@gatehouse/contracts/http/tokens/sessions'
import type { ServiceClient } from '@gatehouse/access/call/service-client'
import { organizationIn, type OrganizationChoice } from '../domain/organization-choice.ts'

/** The first-party client every sign-in of this API belongs to. */
const clientId = 'gatehouse-web'

export type NewSession = { userId: string; userVersion: number; amr: string[]; organization: OrganizationChoice }

export type RaisedSession = { sessionId: string; userId: string; amr: string[]; organization: OrganizationChoice }

export type TokensClient = {
  /** @throws AppError of tokens (`not_found` for an organization the person is not in), `upstream_failed` */
  startSession(session: NewSession): Promise<Authenticated>
  /**
   * @throws AppError of tokens (`not_found` for a session that has ended, or an organization the person is not in any
   * more), `upstream_failed`
   */
  raiseSession(session: RaisedSession): Promise<Raised>
}

const chosen = (choice: OrganizationChoice): { organization_id?: string | null } => {
  if (choice.kind === 'none') return { organization_id: null }
  const id = organizationIn(choice)
  return id === undefined ? {} : { organization_id: id }
}

export const createTokensClient = (http: ServiceClient): TokensClient => ({
  startSession: ({ userId, userVersion, amr, organization }) =>
    http.call(StartSession, {
      body: { user_id: userId, client_id: clientId, amr, user_version: userVersion, ...chosen(organization) },
    }),
  raiseSession: ({ sessionId, userId, amr, organization }) =>
    http.call(RaiseSession, {
      params: { session: sessionId },
      body: { user_id: userId, amr, organization_id: organizationIn(organization) ?? null },
    }),
})
