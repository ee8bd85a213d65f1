/**
 * What authz does without being asked: records decisions, announces changes and denied acts, follows its neighbours and
 * itself, consumes.
 */
import { together, type Part } from '@gatehouse/service-kit/concurrency/background'
import type { Deps } from './deps.ts'

export const background = (
  deps: Pick<Deps, 'spine' | 'following' | 'platformAdmins' | 'decisions' | 'denials'>,
): Part[] => [
  deps.decisions,
  deps.spine,
  deps.denials,
  together([...Object.values(deps.following), deps.platformAdmins]),
]
