/**
 * Invites many addresses in one transaction. Each gets the answer its own request would have got, so that one of them
 * does not hold up the others.
 */
import type { InvitationResult } from '@gatehouse/contracts/http/orgs/invitations'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import type { MemberCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { normalizeEmailAddress } from '@gatehouse/service-kit/text/email-address'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import { lockAddress } from '../store/invitations.ts'
import { ownersOnly } from './create-invitation.ts'
import { askGrantable, inviteAddress, type InvitationOutcome, mayInvite } from './invite-address.ts'
import { requirePermission } from './require-permission.ts'
import { invitationView } from './views.ts'

type InviteDeps = Pick<Deps, 'spine' | 'clients' | 'limits'>
type Asked = { email: string; roles: string[] }
type Prepared = Asked & ({ invitedUserId: string | undefined } | { code: InvitationResult['code'] })
type Answer = { data: InvitationResult[] }

/** @throws AppError `forbidden` */
export async function createInvitations(
  deps: InviteDeps,
  caller: MemberCaller,
  { invitations, lifetimeDays }: { invitations: Asked[]; lifetimeDays: number },
): Promise<Answer> {
  await requirePermission(deps, caller, permissions.inviteMembers)
  const prepared = await prepare(deps, caller, invitations)
  const answer = await deps.spine.write({ orgId: caller.orgId }, async (tx) =>
    (await mayInvite(tx, caller)) ? await inviteAll(tx, deps, caller, { prepared, lifetimeDays }) : undefined,
  )
  if (answer === undefined) throw ownersOnly()
  return answer
}

/** What is known before the transaction, one address after the other: identity answers others meanwhile. */
async function prepare(deps: InviteDeps, caller: MemberCaller, asked: readonly Asked[]): Promise<Prepared[]> {
  const grantOf = await askGrantable(
    deps,
    caller,
    asked.flatMap(({ roles }) => roles),
  )
  const prepared: Prepared[] = []
  for (const one of asked) {
    const grant = grantOf(one.roles)
    const email = normalizeEmailAddress(one.email)
    if (email === undefined || grant.kind === 'unknown_roles') prepared.push({ ...one, code: 'validation_failed' })
    else if (grant.kind === 'refused_roles') prepared.push({ ...one, code: 'forbidden' })
    else prepared.push({ ...one, email, invitedUserId: await deps.clients.identity.findUserByAddress(email) })
  }
  return prepared
}

/**
 * All addresses are locked in one order before any budget, so that two who invite at once never wait for each other.
 */
async function inviteAll(
  tx: Tx,
  deps: Pick<Deps, 'limits'>,
  caller: MemberCaller,
  { prepared, lifetimeDays }: { prepared: readonly Prepared[]; lifetimeDays: number },
): Promise<Answer> {
  const { orgId } = caller
  const addresses = new Set(prepared.flatMap((one) => ('code' in one ? [] : [one.email])))
  for (const email of [...addresses].sort()) await lockAddress(tx, { orgId, email })
  const data: InvitationResult[] = []
  for (const one of prepared) {
    if ('code' in one) data.push({ email: one.email, invitation: null, code: one.code })
    else data.push(resultOf(one.email, await inviteAddress(tx, deps, caller, { ...one, lifetimeDays })))
  }
  return keepAnswer({ data })
}

const codes = { already_member: 'already_member', pending: 'conflict', limited: 'rate_limited' } as const

const resultOf = (email: string, outcome: InvitationOutcome): InvitationResult =>
  outcome.kind === 'created'
    ? { email, invitation: invitationView(outcome.row), code: null }
    : { email, invitation: null, code: codes[outcome.kind] }
