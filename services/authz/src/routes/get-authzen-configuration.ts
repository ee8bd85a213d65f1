/** GET /.well-known/authzen-configuration */
import { Evaluate, EvaluateMany, GetAuthzenConfiguration } from '@gatehouse/contracts/http/authz/evaluation'
import { SearchActions, SearchResources, SearchSubjects } from '@gatehouse/contracts/http/authz/search'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'

export const registerGetAuthzenConfiguration = (app: FastifyInstance, { issuer }: Deps): void =>
  bindRoute(app, GetAuthzenConfiguration, () => ({
    policy_decision_point: issuer,
    access_evaluation_endpoint: issuer + Evaluate.path,
    access_evaluations_endpoint: issuer + EvaluateMany.path,
    search_subject_endpoint: issuer + SearchSubjects.path,
    search_resource_endpoint: issuer + SearchResources.path,
    search_action_endpoint: issuer + SearchActions.path,
  }))
