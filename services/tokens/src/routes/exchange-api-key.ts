/** `POST /internal/api-keys/exchange`: somebody came to the gateway with a key. */
import { ExchangeApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { exchangeApiKey } from '../use-cases/exchange-api-key.ts'

export function registerExchangeApiKey(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ExchangeApiKey, ({ body }) => exchangeApiKey(deps, body.key))
}
