/** Whose webhooks a request is about: those of an organization, or the platform's, once its caller may. */
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { OrgCaller, PrincipalCaller, UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope, type Scope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'

export type WebhookDeps = Pick<Deps, 'clients' | 'db' | 'spine' | 'webhooks'>

/** `orgId` null: the platform's. `reason`: why an operator changes it. */
export type Reach = { caller: PrincipalCaller; orgId: string | null; reason?: string }

type Verb = 'read' | 'write'

/** @throws AppError `forbidden` */
export async function ofOrganization(
  { clients }: Pick<Deps, 'clients'>,
  caller: OrgCaller,
  verb: Verb,
): Promise<Reach> {
  const permission = `gatehouse:webhooks.${verb}`
  requireAllowed(await clients.authz.decide(caller, { scope: 'organization', permission }), caller, permission)
  return { caller, orgId: caller.orgId }
}

/** @throws AppError `forbidden` */
export async function ofPlatform(
  { clients }: Pick<Deps, 'clients'>,
  caller: UserCaller,
  verb: Verb | { reason: string },
): Promise<Reach> {
  const permission = verb === 'read' ? 'gatehouse:platform.read' : 'gatehouse:platform.webhooks'
  requireAllowed(await clients.authz.decide(caller, { scope: 'platform', permission }), caller, permission)
  return { caller, orgId: null, ...(typeof verb === 'object' && verb) }
}

const scopeOf = ({ orgId }: Reach): Scope => (orgId === null ? {} : { orgId })

/** Row-level security shows the rows of the reach and no others. */
export const within = <T>({ db }: Pick<Deps, 'db'>, reach: Reach, run: (tx: Tx) => Promise<T>): Promise<T> =>
  inScope(db, scopeOf(reach), run)

/** A change within the reach, announced. */
export const changeWithin = <T>(
  { spine }: Pick<Deps, 'spine'>,
  reach: Reach,
  run: (tx: Tx) => Promise<T>,
): Promise<T> => spine.write(scopeOf(reach), run)

/** @throws AppError `not_found` */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw problem('not_found')
  return value
}
