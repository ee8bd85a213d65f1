/** What authz does without being asked: records decisions, announces, follows its neighbours and itself, consumes. */
import { together, type Part } from '@gatehouse/service-kit/concurrency/background'
import type { Deps } from './deps.ts'

export const background = (deps: Pick<Deps, 'spine' | 'following' | 'platformAdmins' | 'decisions'>): Part[] => [
  deps.decisions,
  deps.spine,
  together([...Object.values(deps.following), deps.platformAdmins]),
]
