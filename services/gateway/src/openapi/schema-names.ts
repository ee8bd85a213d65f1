/** The schemas that libs/contracts exports, by the name of their constant: the names of the OpenAPI document. */
import * as assignments from '@gatehouse/contracts/http/authz/assignments'
import * as attributes from '@gatehouse/contracts/http/authz/attributes'
import * as authorizationManifest from '@gatehouse/contracts/http/authz/authorization-manifest'
import * as catalog from '@gatehouse/contracts/http/authz/catalog'
import * as entities from '@gatehouse/contracts/http/authz/entities'
import * as evaluation from '@gatehouse/contracts/http/authz/evaluation'
import * as explanation from '@gatehouse/contracts/http/authz/explanation'
import * as groups from '@gatehouse/contracts/http/authz/groups'
import * as moment from '@gatehouse/contracts/http/authz/moment'
import * as policies from '@gatehouse/contracts/http/authz/policies'
import * as policyLifecycle from '@gatehouse/contracts/http/authz/policy-lifecycle'
import * as roles from '@gatehouse/contracts/http/authz/roles'
import * as search from '@gatehouse/contracts/http/authz/search'
import * as serviceAccountRoles from '@gatehouse/contracts/http/authz/service-account-roles'
import * as simulation from '@gatehouse/contracts/http/authz/simulation'
import * as account from '@gatehouse/contracts/http/identity/account'
import * as signIn from '@gatehouse/contracts/http/identity/sign-in'
import * as invitations from '@gatehouse/contracts/http/orgs/invitations'
import * as organizations from '@gatehouse/contracts/http/orgs/organizations'
import * as authorizations from '@gatehouse/contracts/http/tokens/authorizations'
import * as oauthClients from '@gatehouse/contracts/http/tokens/oauth-client'
import * as serviceAccounts from '@gatehouse/contracts/http/tokens/service-accounts'
import * as sessions from '@gatehouse/contracts/http/tokens/sessions'
import * as auditEvents from '@gatehouse/contracts/http/workers/audit-events'
import * as ids from '@gatehouse/contracts/common/ids'
import * as pages from '@gatehouse/contracts/common/page'
import * as scalars from '@gatehouse/contracts/common/scalars'
import * as problem from '@gatehouse/contracts/problems/problem'
import type { TSchema } from 'typebox'

const modules: readonly object[] = [
  assignments,
  attributes,
  authorizationManifest,
  catalog,
  entities,
  evaluation,
  explanation,
  groups,
  moment,
  policies,
  policyLifecycle,
  roles,
  search,
  serviceAccountRoles,
  simulation,
  account,
  signIn,
  invitations,
  organizations,
  authorizations,
  oauthClients,
  serviceAccounts,
  sessions,
  auditEvents,
  ids,
  pages,
  scalars,
  problem,
]

/** A schema has one of these; a route contract, a function or a table of properties has none. */
const isSchema = (value: unknown): value is TSchema =>
  typeof value === 'object' &&
  value !== null &&
  ['type', 'anyOf', 'const', 'enum', 'allOf'].some((keyword) => keyword in value) &&
  !('operationId' in value)

/** Where two modules export different schemas under one name, the first keeps it. */
function collect(): Map<string, TSchema> {
  const named = new Map<string, TSchema>()
  for (const [name, value] of modules.flatMap((one) => Object.entries(one))) {
    if (isSchema(value) && !named.has(name)) named.set(name, value)
  }
  return named
}

export const namedSchemas: ReadonlyMap<string, TSchema> = collect()
