/**
 * The organization a page manages, with a token of the person for it. What they may do there is the decision point's to
 * say, at each call.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { requireActingToken, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'

export type Managed = { org: string; user: { accessToken: string } }

/** @throws AppError `token_revoked`, `not_found` (none, or one of others), `insufficient_user_authentication` */
export async function managedBy(deps: Pick<Deps, 'tokens'>, visit: Visit): Promise<Managed> {
  const user = await requireActingToken(deps, visit, visit.way.organization)
  if (user.organization_id === null) throw problem('not_found')
  return { org: user.organization_id, user }
}
