/** POST /access/v1/search/subject */
import { SearchSubjects } from '@gatehouse/contracts/http/authz/search'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { searchSubjects } from '../use-cases/decisions/search-subjects.ts'

export const registerSearchSubjects = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, SearchSubjects, ({ caller, body }) => searchSubjects(deps, caller, body))
