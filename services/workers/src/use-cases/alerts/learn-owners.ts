/**
 * Learns, once, who owns what: events tell it since alerts exist, and nothing of memberships that have not changed
 * since then. What events say meanwhile is newer, and their versions tell.
 */
import type { Deps } from '../../deps.ts'
import { areOwnersLearned, keepOwner, markOwnersLearned } from '../../store/alert-findings.ts'

type Membership = {
  kind: 'membership'
  id: string
  organization_id: string
  user_id: string
  version: number
  status: string
  is_owner: boolean
}

/** Does nothing once it is done; what fails is done anew. @throws AppError when orgs cannot say */
export async function learnOwners({ system, feeds }: Pick<Deps, 'system' | 'feeds'>): Promise<void> {
  if (await areOwnersLearned(system)) return
  const { records } = await feeds.orgs.snapshot('state')
  for await (const record of records) {
    const { kind, ...membership } = record as Membership
    if (kind !== 'membership' || !membership.is_owner || membership.status !== 'active') continue
    const { id: membershipId, organization_id: orgId, user_id: userId, version } = membership
    await keepOwner(system, { membershipId, orgId, userId, isOwner: true, version })
  }
  await markOwnersLearned(system)
}
