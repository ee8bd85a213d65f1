/**
 * Creates a service account. One of an organization holds no role: those are given at authz, by somebody who holds
 * them.
 */
import type { ServiceAccount } from '@gatehouse/contracts/http/tokens/service-accounts'
import { actorOf } from '@gatehouse/access/callers/caller'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { insertServiceAccount } from '../../store/service-accounts.ts'
import { ownerOf, type OwnerScope, writeAsOwner } from '../owner-scope.ts'
import { type AccountDeps, requireAccounts } from './account-scope.ts'
import { announceServiceAccountCreated } from './announce-service-account.ts'
import { serviceAccountView } from './service-account-views.ts'

/** @throws AppError `forbidden` */
export async function createServiceAccount(
  deps: AccountDeps,
  scope: OwnerScope,
  { name, reason }: { name: string; reason?: string },
): Promise<ServiceAccount> {
  await requireAccounts(deps, scope, 'write')
  const actor = actorOf(scope.caller)
  return writeAsOwner(deps, scope, async (tx) => {
    const account = await insertServiceAccount(tx, { id: newId('svc'), ...ownerOf(scope), name, createdBy: actor })
    await announceServiceAccountCreated(tx, account, { actor, reason })
    return keepAnswer(serviceAccountView(account))
  })
}
