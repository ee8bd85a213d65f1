/** Links, chains and checkpoints of the audit trail. Written under the lock of sealing, appended and never changed. */
import { sql } from 'drizzle-orm'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { platformChain, type ChainName, type EvidenceRecord } from '../evidence/audit-chain.ts'
import { platformChainId } from './audit-events.ts'

const chainIdOf = (chain: ChainName): string => (chain === platformChain ? platformChainId : uuidOf(chain, 'org'))
const chainNameOf = (id: string): ChainName => (id === platformChainId ? platformChain : typeIdOf('org', id))

/** Until the transaction ends. False: another replica is sealing. */
export async function takeSealing(tx: Tx): Promise<boolean> {
  const [row] = rowsOf<{ taken: boolean }>(
    await tx.execute(
      sql`select pg_try_advisory_xact_lock(hashtext('audit_sealing'), hashtext(current_schema())) as taken`,
    ),
  )
  return row?.taken === true
}

const evidenceColumns = sql.raw(`
  e.id, to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at,
  e.producer, e.action, e.outcome, e.actor_type,
  e.actor_id, e.target_type, e.target_id, e.org_id, e.user_id, e.personal_of, e.personal_sealed,
  e.client_address, e.user_agent, e.request_id,
  e.correlation_id, e.data`)

type EvidenceRow = Record<
  | 'id'
  | 'occurred_at'
  | 'producer'
  | 'action'
  | 'outcome'
  | 'actor_type'
  | 'target_type'
  | 'target_id'
  | 'correlation_id',
  string
> &
  Record<
    | 'actor_id'
    | 'org_id'
    | 'user_id'
    | 'personal_of'
    | 'personal_sealed'
    | 'client_address'
    | 'user_agent'
    | 'request_id',
    string | null
  > & { data: Record<string, unknown> }

const evidenceOf = (row: EvidenceRow): EvidenceRecord => ({
  id: typeIdOf('aud', row.id),
  occurred_at: row.occurred_at,
  producer: row.producer,
  action: row.action,
  outcome: row.outcome,
  actor: { type: row.actor_type, id: row.actor_id },
  target: { type: row.target_type, id: row.target_id },
  organization_id: row.org_id && typeIdOf('org', row.org_id),
  user_id: row.user_id && typeIdOf('user', row.user_id),
  personal:
    row.personal_of && row.personal_sealed
      ? { of: typeIdOf('user', row.personal_of), sealed: row.personal_sealed }
      : null,
  client_address: row.client_address,
  user_agent: row.user_agent,
  request_id: row.request_id,
  correlation_id: row.correlation_id,
  data: row.data,
})

/** Whether a record waits for its link; may be answered with yes by what another replica is just sealing. */
export const isAnyUnsealed = async (db: Queryable): Promise<boolean> =>
  rowsOf(await db.execute(sql`select 1 from audit_unsealed limit 1`)).length > 0

/** Takes up to `limit` records that have no link yet, in the order of time. */
export async function takeUnsealed(tx: Tx, limit: number): Promise<EvidenceRecord[]> {
  const rows = rowsOf<EvidenceRow>(
    await tx.execute(sql`
      with taken as (
        delete from audit_unsealed
        where record_id in (select record_id from audit_unsealed order by record_id limit ${limit})
        returning record_id, occurred_at
      )
      select ${evidenceColumns} from taken
      join audit_events e on e.id = taken.record_id and e.occurred_at = taken.occurred_at
      order by e.occurred_at, e.id`),
  )
  return rows.map(evidenceOf)
}

export type ChainState = { chain: ChainName; length: number; head: Buffer }

/** The chains of these names that have been begun. */
export async function findChains(db: Queryable, chains: readonly ChainName[]): Promise<ChainState[]> {
  const rows = rowsOf<{ chain: string; length: string; head: string }>(
    await db.execute(sql`
      select chain, length, encode(head, 'hex') as head from audit_chains
      where chain in (
        select id::uuid
        from jsonb_array_elements_text(${JSON.stringify(chains.map(chainIdOf))}::jsonb) as wanted(id))`),
  )
  return rows.map(stateOf)
}

const stateOf = (row: { chain: string; length: string; head: string }): ChainState => ({
  chain: chainNameOf(row.chain),
  length: Number(row.length),
  head: Buffer.from(row.head, 'hex'),
})

export type Link = { chain: ChainName; seq: number; recordId: string; occurredAt: string; hash: Buffer }

export async function appendLinks(tx: Tx, o: { links: readonly Link[]; heads: readonly ChainState[] }): Promise<void> {
  const links = o.links.map(({ chain, seq, recordId, occurredAt, hash }) => ({
    chain: chainIdOf(chain),
    seq,
    record_id: uuidOf(recordId, 'aud'),
    occurred_at: occurredAt,
    hash: hash.toString('hex'),
  }))
  await tx.execute(sql`
    insert into audit_links (chain, seq, record_id, occurred_at, hash)
    select chain, seq, record_id, occurred_at, decode(hash, 'hex')
    from jsonb_to_recordset(${JSON.stringify(links)}::jsonb)
      as given (chain uuid, seq bigint, record_id uuid, occurred_at timestamptz, hash text)`)
  const heads = o.heads.map(({ chain, length, head }) => ({
    chain: chainIdOf(chain),
    length,
    head: head.toString('hex'),
  }))
  await tx.execute(sql`
    insert into audit_chains (chain, length, head)
    select chain, length, decode(head, 'hex')
    from jsonb_to_recordset(${JSON.stringify(heads)}::jsonb) as given (chain uuid, length bigint, head text)
    on conflict (chain) do update set length = excluded.length, head = excluded.head`)
}

/** Chains that have grown since their last checkpoint. */
export async function findGrownChains(tx: Tx, limit: number): Promise<ChainState[]> {
  return rowsOf<{ chain: string; length: string; head: string }>(
    await tx.execute(sql`
      select chain, length, encode(head, 'hex') as head from audit_chains
      where checkpointed < length order by chain limit ${limit}`),
  ).map(stateOf)
}

export type ProvenHead = ChainState & { index: number; path: Buffer }

export async function insertCheckpoint(
  tx: Tx,
  o: { id: string; statement: string; heads: readonly ProvenHead[]; key: { kid: string; jwk: object } },
): Promise<void> {
  const id = uuidOf(o.id, 'acp')
  await tx.execute(sql`
    insert into audit_signing_keys (kid, jwk)
    values (${o.key.kid}, ${JSON.stringify(o.key.jwk)}::jsonb) on conflict do nothing`)
  await tx.execute(sql`
    insert into audit_checkpoints (id, size, statement) values (${id}, ${o.heads.length}, ${o.statement})`)
  const heads = o.heads.map(({ chain, length, head, index, path }) => ({
    chain: chainIdOf(chain),
    length,
    head: head.toString('hex'),
    index,
    path: path.toString('hex'),
  }))
  await tx.execute(sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(heads)}::jsonb)
        as given (chain uuid, length bigint, head text, index int, path text)
    ), kept as (
      insert into audit_checkpoint_heads (chain, length, head, checkpoint_id, index, path)
      select chain, length, decode(head, 'hex'), ${id}::uuid, index, decode(path, 'hex') from given
    )
    update audit_chains c set checkpointed = given.length from given where c.chain = given.chain`)
}

export type LinkedRecord = { seq: number; hash: Buffer; record: EvidenceRecord }

/** Records of a chain after `after` up to `upTo`, in its order. */
export async function listLinkedRecords(
  tx: Queryable,
  o: { chain: ChainName; after: number; upTo: number; limit: number },
): Promise<LinkedRecord[]> {
  const rows = rowsOf<EvidenceRow & { seq: string; hash: string }>(
    await tx.execute(sql`
      select l.seq, encode(l.hash, 'hex') as hash, ${evidenceColumns}
      from audit_links l join audit_events e on e.id = l.record_id and e.occurred_at = l.occurred_at
      where l.chain = ${chainIdOf(o.chain)} and l.seq > ${o.after} and l.seq <= ${o.upTo}
      order by l.seq limit ${o.limit}`),
  )
  return rows.map((row) => ({ seq: Number(row.seq), hash: Buffer.from(row.hash, 'hex'), record: evidenceOf(row) }))
}

/** The hash of one link. */
export async function findLink(tx: Queryable, chain: ChainName, seq: number): Promise<Buffer | undefined> {
  const [row] = rowsOf<{ hash: string }>(
    await tx.execute(
      sql`select encode(hash, 'hex') as hash from audit_links where chain = ${chainIdOf(chain)} and seq = ${seq}`,
    ),
  )
  return row && Buffer.from(row.hash, 'hex')
}

export type CheckpointOfChain = ProvenHead & { size: number; statement: string }

/** The checkpoints of a chain whose length lies after `after` and not beyond `upTo`, the shortest first. */
export async function listCheckpoints(
  tx: Queryable,
  o: { chain: ChainName; after: number; upTo: number; limit: number },
): Promise<CheckpointOfChain[]> {
  const rows = rowsOf<{
    length: string
    head: string
    index: number
    path: string
    size: number
    statement: string
  }>(
    await tx.execute(sql`
      select h.length, encode(h.head, 'hex') as head, h.index, encode(h.path, 'hex') as path, c.size, c.statement
      from audit_checkpoint_heads h join audit_checkpoints c on c.id = h.checkpoint_id
      where h.chain = ${chainIdOf(o.chain)} and h.length > ${o.after} and h.length <= ${o.upTo}
      order by h.length limit ${o.limit}`),
  )
  return rows.map((row) => ({
    chain: o.chain,
    length: Number(row.length),
    head: Buffer.from(row.head, 'hex'),
    index: row.index,
    path: Buffer.from(row.path, 'hex'),
    size: row.size,
    statement: row.statement,
  }))
}

/** The public keys that signed checkpoints, retired ones included. */
export const listSigningKeys = async (db: Queryable): Promise<Record<string, unknown>[]> =>
  rowsOf<{ jwk: Record<string, unknown> }>(
    await db.execute(sql`select jwk from audit_signing_keys order by first_used_at, kid`),
  ).map(({ jwk }) => jwk)
