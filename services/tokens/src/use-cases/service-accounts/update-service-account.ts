/**
 * Renames, disables or enables a service account. Disabling voids its access tokens: the answer waits until the gateway
 * has been told.
 */
import type { ServiceAccount as ServiceAccountOnWire } from '@gatehouse/contracts/http/tokens/service-accounts'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { claimServiceAccountUpdate, lockServiceAccount, type ServiceAccount } from '../../store/service-accounts.ts'
import { requireAccounts } from './account-scope.ts'
import { announceServiceAccountUpdated } from './announce-service-account.ts'
import { serviceAccountView } from './service-account-views.ts'

type Change = { id: string; name: string | undefined; status: 'active' | 'disabled' | undefined }

/** @throws AppError `forbidden`, `not_found` */
export async function updateServiceAccount(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  change: Change,
): Promise<ServiceAccountOnWire> {
  const { orgId } = caller
  await requireAccounts(deps, { kind: 'organization', caller }, 'write')
  const row = await deps.spine.write({ orgId }, (tx) => update(tx, caller, { ...change, orgId }), { announce: 'await' })
  if (row === undefined) throw problem('not_found')
  return serviceAccountView(row)
}

/** The same values again change nothing and announce nothing. */
async function update(
  tx: Tx,
  caller: OrgCaller,
  change: Change & { orgId: string },
): Promise<ServiceAccount | undefined> {
  const before = await lockServiceAccount(tx, change)
  const account = before && (await claimServiceAccountUpdate(tx, change))
  if (before === undefined || account === undefined) return before
  const changed = (['name', 'status'] as const).filter((member) => before[member] !== account[member])
  await announceServiceAccountUpdated(tx, { account, changed, actor: actorOf(caller) })
  return account
}
