/**
 * Operators of the platform look for organizations, suspend them and let them go on. The answer is given once the event
 * was announced, so that 204 acknowledges the revocation. What is so already stays so, unannounced.
 */
import type { ManagedOrganization as OrganizationOnWire } from '@gatehouse/contracts/http/orgs/operators'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import {
  claimStatus,
  findManagedOrganization,
  listManagedOrganizations,
  type ManagedOrganization,
} from '../store/managed-organizations.ts'
import { findOrganization } from '../store/organizations.ts'
import { announceOrganizationStatus } from './announce.ts'

type Query = { limit?: number; cursor?: string; search?: string; status?: ManagedOrganization['status'] }

/** @throws AppError `forbidden`, `insufficient_user_authentication` */
async function requireOperator(
  { clients }: Pick<Deps, 'clients'>,
  caller: UserCaller,
  permission: typeof permissions.readOrganizations | typeof permissions.suspendOrganizations,
): Promise<void> {
  requireAllowed(await clients.authz.decideForPlatform(caller, permission), caller, permission)
}

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listOrganizations(
  deps: Pick<Deps, 'clients' | 'system'>,
  caller: UserCaller,
  query: Query,
): Promise<PageOf<OrganizationOnWire>> {
  await requireOperator(deps, caller, permissions.readOrganizations)
  const after = decodeCursor(query.cursor, 1, ([id]) => isTypeId('org', id))
  const limit = query.limit ?? 50
  const rows = await listManagedOrganizations(deps.system, {
    limit: limit + 1,
    afterId: after === undefined ? undefined : String(after[0]),
    search: query.search,
    status: query.status,
  })
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  return { data: data.map(onWire), page }
}

/** @throws AppError `forbidden`, `not_found` */
export async function getManagedOrganization(
  deps: Pick<Deps, 'clients' | 'system'>,
  caller: UserCaller,
  id: string,
): Promise<OrganizationOnWire> {
  await requireOperator(deps, caller, permissions.readOrganizations)
  const found = await findManagedOrganization(deps.system, id)
  if (found === undefined) throw problem('not_found')
  return onWire(found)
}

/** @throws AppError `forbidden`, `not_found` */
export async function setOrganizationStatus(
  deps: Pick<Deps, 'clients' | 'spine'>,
  caller: UserCaller,
  { id, status, reason }: { id: string; status: 'active' | 'suspended'; reason: string },
): Promise<void> {
  await requireOperator(deps, caller, permissions.suspendOrganizations)
  const isThere = await deps.spine.write(
    {},
    async (tx) => {
      const changed = await claimStatus(tx, { id, status })
      if (changed) await announceOrganizationStatus(tx, { row: changed, actor: actorOf(caller), reason })
      return changed !== undefined || (await findOrganization(tx, id)) !== undefined
    },
    { db: 'system', announce: 'await' },
  )
  if (!isThere) throw problem('not_found')
}

const onWire = ({ createdAt, ...organization }: ManagedOrganization): OrganizationOnWire => ({
  ...organization,
  created_at: createdAt,
})
