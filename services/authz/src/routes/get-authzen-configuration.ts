/** GET /.well-known/authzen-configuration */
import { GetAuthzenConfiguration } from '@gatehouse/contracts/http/authz/evaluation'
import { bindRoute } from '@gatehouse/service-kit/http/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'

export const registerGetAuthzenConfiguration = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetAuthzenConfiguration, () => ({
    policy_decision_point: deps.issuer,
    access_evaluation_endpoint: `${deps.issuer}/access/v1/evaluation`,
  }))
