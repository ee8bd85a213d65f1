/**
 * Somebody asks to join an organization, or a member asks for roles. It gives nothing: the owners are told, and whoever
 * may decides. An organization that takes no requests is as one that does not exist.
 */
import { actorOf, type MemberCaller, type UserCaller } from '@gatehouse/access/callers/caller'
import type { OwnAccessRequest } from '@gatehouse/contracts/http/orgs/access-requests'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { chargeBudgets } from '@gatehouse/service-kit/postgres/budgets'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { accessRequestLifetimeDays, decideJoining, type AccessRequestKind } from '../../domain/access-request.ts'
import { insertAccessRequest } from '../../store/access-requests.ts'
import { findMember, listOwners } from '../../store/memberships.ts'
import { findOrganizationBySlug, findOrganization } from '../../store/organizations.ts'
import { announceAccessRequestCreated } from '../announce.ts'
import { ownAccessRequestView } from './views.ts'

type AskDeps = Pick<Deps, 'spine' | 'system' | 'limits'>
type Asked = { kind: AccessRequestKind; roles: string[]; reason: string; durationSeconds: number | null }
type Outcome =
  | { kind: 'asked'; request: OwnAccessRequest }
  | { kind: 'pending' | 'already_member' | 'not_found' }
  | { kind: 'limited'; retryAfterSeconds: number }

/** @throws AppError `not_found`, `already_member`, `conflict` while another request is open, `rate_limited` */
export async function askToJoin(
  deps: AskDeps,
  caller: UserCaller,
  { slug, reason }: { slug: string; reason: string },
): Promise<OwnAccessRequest> {
  const organization = await findOrganizationBySlug(deps.system, slug)
  if (organization === undefined) throw problem('not_found')
  const { id: orgId } = organization
  const outcome = await deps.spine.write({ orgId, userId: caller.userId }, async (tx): Promise<Outcome> => {
    const { takesJoinRequests } = (await findOrganization(tx, orgId)) ?? { takesJoinRequests: false }
    const isMember = (await findMember(tx, { orgId, userId: caller.userId })) !== undefined
    const decision = decideJoining({ takesJoinRequests, isMember })
    if (decision !== 'ask') return { kind: decision === 'already_member' ? decision : 'not_found' }
    return await ask(tx, deps, { orgId, caller, kind: 'join', roles: [], reason, durationSeconds: null })
  })
  return requestIn(outcome)
}

/** @throws AppError `not_found`, `conflict`, `rate_limited` */
export async function askForRoles(
  deps: AskDeps,
  caller: MemberCaller,
  asked: Omit<Asked, 'kind'>,
): Promise<OwnAccessRequest> {
  const { orgId, userId } = caller
  const outcome = await deps.spine.write({ orgId, userId }, async (tx): Promise<Outcome> => {
    if ((await findMember(tx, { orgId, userId })) === undefined) return { kind: 'not_found' }
    return await ask(tx, deps, { orgId, caller, kind: 'role', ...asked })
  })
  return requestIn(outcome)
}

async function ask(
  tx: Tx,
  { limits }: Pick<Deps, 'limits'>,
  { caller, ...asked }: Asked & { orgId: string; caller: UserCaller },
): Promise<Outcome> {
  const { userId } = caller
  const charge = { key: `access requests by ${userId}`, budget: limits.accessRequestsByPerson }
  const charged = await chargeBudgets(tx, [charge])
  if (charged.kind === 'limited') return charged
  const request = { id: newId('arq'), userId, lifetimeDays: accessRequestLifetimeDays, ...asked }
  const row = await insertAccessRequest(tx, request)
  if (row === undefined) return { kind: 'pending' }
  const owners = await listOwners(tx, asked.orgId)
  await announceAccessRequestCreated(tx, { row, owners, actor: actorOf(caller) })
  return { kind: 'asked', request: keepAnswer(ownAccessRequestView(row)) }
}

function requestIn(outcome: Outcome): OwnAccessRequest {
  if (outcome.kind === 'asked') return outcome.request
  if (outcome.kind === 'pending')
    throw problem('conflict', { detail: 'A request of yours is open there; take it back to send another.' })
  if (outcome.kind === 'limited')
    throw problem('rate_limited', {
      detail: 'Too many access requests; try again later.',
      retryAfterSeconds: outcome.retryAfterSeconds,
    })
  throw problem(outcome.kind)
}
