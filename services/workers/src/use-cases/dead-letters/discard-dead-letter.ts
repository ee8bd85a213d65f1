/** Gives up what a service set aside, on an operator's word and for a reason that the audit trail keeps. */
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { askOwner, type AllDeadLetters } from './ask-owner.ts'

const permission = 'gatehouse:dead_letters.discard'

export async function discardDeadLetter(
  deps: Pick<Deps, 'clients'> & { deadLetters: AllDeadLetters },
  caller: UserCaller,
  o: { id: string; reason: string },
): Promise<void> {
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'platform', permission }), caller, permission)
  await askOwner(deps, (letters) => letters.discard(caller, o))
}
