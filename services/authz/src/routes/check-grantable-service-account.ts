/** POST /internal/service-accounts/check-grantable */
import { CheckGrantableServiceAccount } from '@gatehouse/contracts/http/authz/service-account-roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { checkGrantableServiceAccount } from '../use-cases/assignments/check-grantable-service-account.ts'

export const registerCheckGrantableServiceAccount = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CheckGrantableServiceAccount, ({ caller, body }) => checkGrantableServiceAccount(deps, caller, body))
