/** Creates a service account. It holds no role: those are given at authz, by somebody who holds them. */
import type { ServiceAccount } from '@gatehouse/contracts/http/tokens/service-accounts'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { insertServiceAccount } from '../../store/service-accounts.ts'
import { announceServiceAccountCreated } from './announce-service-account.ts'
import { requirePermission } from './require-permission.ts'
import { serviceAccountView } from './service-account-views.ts'

/** @throws AppError `forbidden` */
export async function createServiceAccount(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  input: { name: string },
): Promise<ServiceAccount> {
  const { orgId } = caller
  await requirePermission(deps, caller, permissions.writeServiceAccounts)
  const actor = actorOf(caller)
  return deps.spine.write({ orgId }, async (tx) => {
    const account = await insertServiceAccount(tx, { id: newId('svc'), orgId, name: input.name, createdBy: actor })
    await announceServiceAccountCreated(tx, account, actor)
    return keepAnswer(serviceAccountView(account))
  })
}
