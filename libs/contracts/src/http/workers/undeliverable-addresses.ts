/** Addresses that take no mail, for operators: whose, since when, and what their mail server says. */
import Type, { type Static } from 'typebox'
import { UndeliverableAddressId, UserId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute, type RouteContract } from '../contract.ts'

export const UndeliverableAddress = Type.Object({
  id: UndeliverableAddressId,
  /** Whose address it is; `null` of an invitation to somebody unknown. */
  user_id: Type.Union([UserId, Type.Null()]),
  /** The mail that was refused last. */
  mail: Type.String(),
  /** What the mail server answered: its code, never its words, which may hold the address. */
  reason: Type.String(),
  refusals: Type.Integer(),
  first_at: Instant,
  last_at: Instant,
})
export type UndeliverableAddress = Static<typeof UndeliverableAddress>

const UndeliverableQuery = Type.Object({ ...PageQuery, user: Type.Optional(UserId) })
export type UndeliverableQuery = Static<typeof UndeliverableQuery>

const path = '/v1/platform/undeliverable-addresses'

export const ListUndeliverableAddresses = defineRoute({
  operationId: 'listUndeliverableAddresses',
  service: 'workers',
  method: 'GET',
  path,
  summary: 'Addresses whose mail server refused them for good, newest first. Platform administrators only.',
  auth: 'user',
  query: UndeliverableQuery,
  success: { status: 200, body: listOf(UndeliverableAddress), description: 'The addresses, without themselves.' },
  problems: ['forbidden'],
})

export const DeleteUndeliverableAddress = defineRoute({
  operationId: 'deleteUndeliverableAddress',
  service: 'workers',
  method: 'DELETE',
  path: `${path}/:address`,
  summary: 'Let mails go to an address again. Platform administrators only.',
  auth: 'user',
  params: Type.Object({ address: UndeliverableAddressId }),
  success: { status: 204, description: 'The next mail is sent.' },
  problems: ['forbidden', 'not_found'],
})

export const undeliverableAddressRoutes: readonly RouteContract[] = [
  ListUndeliverableAddresses,
  DeleteUndeliverableAddress,
]
