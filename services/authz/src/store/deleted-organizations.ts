/**
 * The model of an organization ends once the organization is deleted. History keeps who could do what until then, as of
 * everything else; of what the organization said about people and things it keeps nothing.
 */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { and, eq, isNull, sql } from 'drizzle-orm'
import {
  assignments,
  entities,
  groupMembers,
  groups,
  memberships,
  policies,
  policyDrafts,
  policyShadows,
  roles,
  serviceAccounts,
} from './schema.ts'
import { endingNow } from './validity.ts'

const ending = [assignments, groupMembers, groups, roles, policies, entities, memberships, serviceAccounts] as const

export async function endOrganizationModel(tx: Tx, orgId: string): Promise<void> {
  for (const table of ending)
    await tx
      .update(table)
      .set({ validTo: endingNow(table.validFrom) })
      .where(and(eq(table.orgId, orgId), isNull(table.validTo)))
  await tx.delete(policyDrafts).where(eq(policyDrafts.orgId, orgId))
  await tx.delete(policyShadows).where(eq(policyShadows.orgId, orgId))
  await tx
    .update(memberships)
    .set({ attributes: {} })
    .where(and(eq(memberships.orgId, orgId), sql`${memberships.attributes} <> '{}'`))
  await tx
    .update(entities)
    .set({ attributes: {} })
    .where(and(eq(entities.orgId, orgId), sql`${entities.attributes} <> '{}'`))
}
