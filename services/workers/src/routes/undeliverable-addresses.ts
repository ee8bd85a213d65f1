/** Addresses that take no mail. */
import {
  DeleteUndeliverableAddress,
  ListUndeliverableAddresses,
} from '@gatehouse/contracts/http/workers/undeliverable-addresses'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import {
  deleteUndeliverableAddress,
  listUndeliverableAddresses,
  type UndeliverableDeps,
} from '../use-cases/mails/undeliverable.ts'

export function undeliverableAddressRoutes(app: FastifyInstance, deps: UndeliverableDeps): void {
  bindRoute(app, ListUndeliverableAddresses, ({ caller, query }) => listUndeliverableAddresses(deps, caller, query))
  bindRoute(app, DeleteUndeliverableAddress, ({ caller, params }) =>
    deleteUndeliverableAddress(deps, caller, params.address),
  )
}
