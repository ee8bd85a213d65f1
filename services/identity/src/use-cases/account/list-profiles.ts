/** Names and addresses for a neighbour that has already decided who may see them. */
import type { Deps } from '../../deps.ts'
import { listProfiles as listStoredProfiles, type Profile } from '../../store/users.ts'

/** The known ones, in no order. */
export const listProfiles = (
  deps: Pick<Deps, 'system'>,
  { userIds }: { userIds: readonly string[] },
): Promise<Profile[]> => listStoredProfiles(deps.system, [...new Set(userIds)])
