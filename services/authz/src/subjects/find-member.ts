/** A member of the organization, by their person. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { MemberFacts } from '../domain/facts.ts'
import { Miss, needPoll } from '../facts/facts.ts'
import { decideWith, type FactDeps } from '../facts/decide-with.ts'

/** Somebody may have joined a moment ago: orgs is asked once before the answer is no. */
export const findActiveMember = (
  deps: FactDeps,
  o: { orgId: string; userId: string },
): Promise<MemberFacts | undefined> =>
  decideWith(deps, (facts) => {
    const member = facts.member(o)
    if (member instanceof Miss || member?.status === 'active') return member
    return needPoll(facts, ['orgs'])
  })

/** @throws AppError `not_found` */
export async function getMember(deps: FactDeps, o: { orgId: string; userId: string }): Promise<MemberFacts> {
  const member = await findActiveMember(deps, o)
  if (!member) throw problem('not_found')
  return member
}
