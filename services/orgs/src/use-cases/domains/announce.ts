/** The events of domains, each in the transaction that made the version it announces. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import {
  DomainAdded,
  DomainLapsed,
  DomainRemoved,
  DomainUpdated,
  DomainVerified,
} from '@gatehouse/contracts/events/orgs/domain'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { DomainRow } from '../../store/schema.ts'

const ofDomain = (row: DomainRow, actor: Actor) => ({
  aggregateType: 'domain',
  aggregateId: row.id,
  version: row.version,
  orgId: row.orgId,
  actor,
})
const facts = (row: DomainRow) => ({ domain_id: row.id, organization_id: row.orgId })

export const announceDomainAdded = (tx: Tx, row: DomainRow, actor: Actor): Promise<void> =>
  appendEvent(tx, { contract: DomainAdded, ...ofDomain(row, actor), data: facts(row) })

export const announceDomainVerified = (tx: Tx, row: DomainRow, actor: Actor): Promise<void> =>
  appendEvent(tx, { contract: DomainVerified, ...ofDomain(row, actor), data: facts(row) })

export const announceDomainLapsed = (tx: Tx, row: DomainRow, actor: Actor): Promise<void> =>
  appendEvent(tx, { contract: DomainLapsed, ...ofDomain(row, actor), data: facts(row) })

export const announceDomainUpdated = (tx: Tx, row: DomainRow, actor: Actor): Promise<void> =>
  appendEvent(tx, { contract: DomainUpdated, ...ofDomain(row, actor), data: { ...facts(row), changed: ['capture'] } })

export const announceDomainRemoved = (tx: Tx, row: DomainRow, actor: Actor): Promise<void> =>
  appendEvent(tx, { contract: DomainRemoved, ...ofDomain(row, actor), version: row.version + 1, data: facts(row) })
