/**
 * The membership of the caller, as decisions about members need it; a service account has none and so is never an
 * owner.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { findMember } from '../store/memberships.ts'
import type { MembershipRow } from '../store/schema.ts'

export const findCallerMembership = async (tx: Tx, caller: OrgCaller): Promise<MembershipRow | undefined> =>
  caller.kind === 'user' ? findMember(tx, { orgId: caller.orgId, userId: caller.userId }) : undefined
