/** Names and addresses for a neighbour that has already decided who may see them. */
import type { Deps } from '../../deps.ts'
import { listPeopleWithFactor } from '../../store/factors.ts'
import { listProfiles as listStoredProfiles, type Profile } from '../../store/users.ts'

/** The known ones, in no order. */
export async function listProfiles(
  { system }: Pick<Deps, 'system'>,
  o: { userIds: readonly string[]; withSecondFactor: boolean },
): Promise<(Profile & { hasSecondFactor?: boolean })[]> {
  const userIds = [...new Set(o.userIds)]
  const profiles = await listStoredProfiles(system, userIds)
  if (!o.withSecondFactor) return profiles
  const strong = await listPeopleWithFactor(system, userIds)
  return profiles.map((profile) => ({ ...profile, hasSecondFactor: strong.has(profile.id) }))
}
