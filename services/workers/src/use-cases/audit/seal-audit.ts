/**
 * Gives each new record its link in the chain of its organization. One replica at a time, in batches, each of them one
 * transaction.
 */
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { beginningOf, linkOf, platformChain, type ChainName, type EvidenceRecord } from '../../evidence/audit-chain.ts'
import * as store from '../../store/audit-chains.ts'

const batchSize = 500

/** Links everything that waits. @returns how many records; 0 while another replica does it */
export async function sealAudit({ system }: Pick<Deps, 'system'>): Promise<number> {
  // At rest nothing waits, and one statement says so.
  if (!(await store.isAnyUnsealed(system))) return 0
  let total = 0
  for (let sealed = batchSize; sealed === batchSize; total += sealed) sealed = await inScope(system, {}, sealBatch)
  return total
}

async function sealBatch(tx: Tx): Promise<number> {
  if (!(await store.takeSealing(tx))) return 0
  const records = await store.takeUnsealed(tx, batchSize)
  if (records.length === 0) return 0
  const names = [...new Set(records.map(chainOf))]
  const heads = new Map<ChainName, store.ChainState>(
    names.map((chain) => [chain, { chain, length: 0, head: beginningOf(chain) }]),
  )
  for (const state of await store.findChains(tx, names)) heads.set(state.chain, state)
  const links = await inTurns(linking(heads, records), { work: 'audit sealing', key: 'audit sealing' })
  await store.appendLinks(tx, { links, heads: [...heads.values()] })
  return records.length
}

const chainOf = (record: EvidenceRecord): ChainName => record.organization_id ?? platformChain

/** Steps of a record beside its data, and what is read, ordered, written and hashed of that in a step. */
const stepsPerRecord = 500
const charactersPerStep = 2

function* linking(
  heads: Map<ChainName, store.ChainState>,
  records: readonly EvidenceRecord[],
): Generator<number, store.Link[], void> {
  const links: store.Link[] = []
  for (const record of records) {
    links.push(linkAfter(heads, record))
    yield stepsPerRecord + Math.ceil(JSON.stringify(record.data).length / charactersPerStep)
  }
  return links
}

/** The link of `record`, which is the new head of its chain. */
function linkAfter(heads: Map<ChainName, store.ChainState>, record: EvidenceRecord): store.Link {
  const chain = chainOf(record)
  const { length, head } = heads.get(chain) ?? { length: 0, head: beginningOf(chain) }
  const hash = linkOf(head, record)
  heads.set(chain, { chain, length: length + 1, head: hash })
  return { chain, seq: length + 1, recordId: record.id, occurredAt: record.occurred_at, hash }
}
