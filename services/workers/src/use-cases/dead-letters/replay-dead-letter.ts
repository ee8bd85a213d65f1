/** Tries again what a service set aside, on an operator's word. */
import type { ReplayOutcome } from '@gatehouse/contracts/http/spine/dead-letters'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { askOwner, type AllDeadLetters } from './ask-owner.ts'

const permission = 'gatehouse:dead_letters.replay'

export async function replayDeadLetter(
  deps: Pick<Deps, 'clients'> & { deadLetters: AllDeadLetters },
  caller: UserCaller,
  id: string,
): Promise<ReplayOutcome> {
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'platform', permission }), caller, permission)
  return askOwner(deps, (letters) => letters.replay(caller, id))
}
