/** What each service set aside: the neighbours' over HTTP, that of workers itself at hand. */
import type { PeerName } from '@gatehouse/spine/open-peers'
import type { DeadLetters } from '@gatehouse/spine/dead-letters/dead-letters'
import { createDeadLettersClient } from '@gatehouse/spine/dead-letters/over-http'
import type { Deps } from '../deps.ts'

export const deadLettersOfAll = (
  { peers }: Pick<Deps, 'peers'>,
  own: DeadLetters,
): Readonly<Record<PeerName, DeadLetters>> => ({
  identity: createDeadLettersClient(peers.identity),
  tokens: createDeadLettersClient(peers.tokens),
  orgs: createDeadLettersClient(peers.orgs),
  authz: createDeadLettersClient(peers.authz),
  workers: own,
})
