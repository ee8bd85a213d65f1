/** A member of the organization, by their person. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import type { MemberFacts } from '../../domain/facts.ts'

/** Somebody may have joined a moment ago: orgs is asked once before the answer is no. */
export async function findActiveMember(
  deps: Pick<Deps, 'factCache' | 'following'>,
  o: { orgId: string; userId: string },
): Promise<MemberFacts | undefined> {
  let member = await deps.factCache.member(o)
  if (member?.status !== 'active') {
    await deps.following.orgs.pollNow()
    member = await deps.factCache.member(o)
  }
  return member?.status === 'active' ? member : undefined
}

/** @throws AppError `not_found` */
export async function getMember(
  deps: Pick<Deps, 'factCache' | 'following'>,
  o: { orgId: string; userId: string },
): Promise<MemberFacts> {
  const member = await findActiveMember(deps, o)
  if (!member) throw problem('not_found')
  return member
}
