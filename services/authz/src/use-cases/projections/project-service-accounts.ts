/**
 * Takes in what tokens says about service accounts. A deleted one loses its roles in the transaction that learns of it.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import {
  ServiceAccountCreated,
  ServiceAccountDeleted,
  ServiceAccountUpdated,
} from '@gatehouse/contracts/events/tokens/service-account'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { listServiceAccounts, upsertServiceAccount } from '../../store/copies.ts'
import { endServiceAccountRoles } from '../../store/service-account-roles.ts'

const status = Type.Union([Type.Literal('active'), Type.Literal('disabled'), Type.Literal('deleted')])
const Facts = Type.Object({ organization_id: Type.Union([Type.String(), Type.Null()]), status })
const StateRecord = Type.Object({ kind: Type.Literal('service_account'), id: Type.String(), version: Type.Integer() })

type Said = { id: string; version: number; facts: Static<typeof Facts> }

export async function applyServiceAccountEvent(tx: Tx, event: EventEnvelope): Promise<void> {
  switch (event.type) {
    case ServiceAccountCreated.type:
    case ServiceAccountUpdated.type:
    case ServiceAccountDeleted.type:
      return await apply(tx, { id: event.subject, version: event.version, facts: Value.Parse(Facts, event.data) })
    default:
      return
  }
}

async function apply(tx: Tx, { id, version, facts }: Said, always = false): Promise<void> {
  const isNews = await upsertServiceAccount(
    tx,
    { id, version, orgId: facts.organization_id, status: facts.status },
    always,
  )
  if (isNews && facts.status === 'deleted') await endServiceAccountRoles(tx, { serviceAccountId: id })
}

/** Begins anew from a snapshot: it is believed in everything, and what it does not name is gone. */
export async function resetServiceAccounts(tx: Tx, records: AsyncIterable<object>): Promise<void> {
  const named = new Set<string>()
  for await (const record of records) {
    if (!Value.Check(StateRecord, record)) continue
    named.add(record.id)
    await apply(tx, { id: record.id, version: record.version, facts: Value.Parse(Facts, record) }, true)
  }
  for (const { id, version, orgId } of await listServiceAccounts(tx)) {
    if (!named.has(id))
      await apply(tx, { id, version: version + 1, facts: { organization_id: orgId, status: 'deleted' } }, true)
  }
}
