/** What people allowed applications. Applications of the platform itself need no consent and are not listed. */
import Type, { type Static } from 'typebox'
import { ConsentId, ClientIdentifier, OrganizationId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

export const Consent = Type.Object({
  id: ConsentId,
  client: Type.Object({ id: ClientIdentifier, name: Type.String() }),
  /** The organization whose application it is; null: the platform's. */
  organization_id: Type.Union([OrganizationId, Type.Null()]),
  scope: Type.Array(Type.String()),
  created_at: Instant,
  updated_at: Instant,
})
export type Consent = Static<typeof Consent>

export const ListMyConsents = defineRoute({
  operationId: 'listMyConsents',
  service: 'tokens',
  method: 'GET',
  path: '/v1/me/consents',
  summary: 'What one allowed which application, newest first.',
  auth: 'user',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(Consent), description: 'The consents.' },
})

export const RevokeMyConsent = defineRoute({
  operationId: 'revokeMyConsent',
  service: 'tokens',
  method: 'DELETE',
  path: '/v1/me/consents/:consent',
  summary: 'Take back what one allowed an application. Each session it has of this person ends.',
  auth: 'user',
  params: Type.Object({ consent: ConsentId }),
  success: { status: 204, description: 'The application is signed out everywhere, and asks anew next time.' },
})
