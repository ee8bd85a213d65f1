/** Whether the makers of API keys still belong to the organization of the keys, or to the platform. */
import type { Deps } from '../../deps.ts'
import { listPresentAccounts, listPresentPeople } from '../../store/api-key-notices.ts'
import type { ApiKey } from '../../store/api-keys.ts'

type Made = Pick<ApiKey, 'createdBy'>

/** The person among the makers; a machine is nobody to tell. */
export const personWhoMade = ({ createdBy }: Made): string | undefined =>
  createdBy.startsWith('user:') ? createdBy.slice('user:'.length) : undefined

const accountThatMade = ({ createdBy }: Made): string | undefined =>
  createdBy.startsWith('service_account:') ? createdBy.slice('service_account:'.length) : undefined

const distinct = (ids: (string | undefined)[]): string[] => [...new Set(ids.filter((id) => id !== undefined))]

/** Asked as the system role, because a request sees no memberships but its person's. */
export async function presentMakers(
  deps: Pick<Deps, 'system'>,
  { orgId, keys }: { orgId: string | null; keys: readonly Made[] },
): Promise<(key: Made) => boolean> {
  const people = await listPresentPeople(deps.system, { orgId, userIds: distinct(keys.map(personWhoMade)) })
  const accounts = await listPresentAccounts(deps.system, distinct(keys.map(accountThatMade)))
  const present = new Set([...people, ...accounts])
  return (key) => present.has(personWhoMade(key) ?? accountThatMade(key) ?? '')
}
