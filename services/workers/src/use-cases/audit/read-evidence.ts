/**
 * The chain of an organization, or of the platform, as lines that can be verified offline. Read in pages, each in a
 * transaction of its own.
 */
import { Readable } from 'node:stream'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { OrgCaller, UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { beginningOf, platformChain, type ChainName } from '../../evidence/audit-chain.ts'
import { exportType } from '../../evidence/audit-statement.ts'
import type { EvidenceLine } from '../../evidence/verifier.ts'
import * as store from '../../store/audit-chains.ts'

type EvidenceDeps = Pick<Deps, 'clients' | 'db' | 'system' | 'auditSigner' | 'clock'>
type Read = <T>(run: (tx: Tx) => Promise<T>) => Promise<T>

/** Written in one go, between two of which others are served. */
const pageSize = 100

/** @throws AppError `forbidden`, `not_found` when the chain does not reach `after` */
export async function readEvidence(deps: EvidenceDeps, caller: OrgCaller, after: number): Promise<Readable> {
  const permission = 'gatehouse:audit.read'
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'organization', permission }), caller, permission)
  return evidenceOf(deps, { chain: caller.orgId, after, read: (run) => inScope(deps.db, { orgId: caller.orgId }, run) })
}

/** @throws AppError `forbidden`, `not_found` when the chain does not reach `after` */
export async function readPlatformEvidence(deps: EvidenceDeps, caller: UserCaller, after: number): Promise<Readable> {
  const permission = 'gatehouse:platform.read'
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'platform', permission }), caller, permission)
  return evidenceOf(deps, { chain: platformChain, after, read: (run) => inScope(deps.system, {}, run) })
}

async function evidenceOf(deps: EvidenceDeps, o: { chain: ChainName; after: number; read: Read }): Promise<Readable> {
  const { chain, after, read } = o
  const begin = await read(async (tx) => {
    const [state] = await store.findChains(tx, [chain])
    return {
      state: state ?? { chain, length: 0, head: beginningOf(chain) },
      hash: after === 0 ? beginningOf(chain) : await store.findLink(tx, chain, after),
    }
  })
  const { state, hash } = begin
  if (hash === undefined) throw problem('not_found', { detail: `The chain has no record ${after}.` })
  return Readable.from(linesOf(deps, { ...o, state, hash }), { objectMode: false })
}

async function* linesOf(
  { auditSigner, clock }: Pick<Deps, 'auditSigner' | 'clock'>,
  o: { chain: ChainName; after: number; read: Read; state: store.ChainState; hash: Buffer },
): AsyncGenerator<string> {
  const { chain, after, read, state } = o
  const span = { chain, upTo: state.length, limit: pageSize }
  yield textOf([{ type: 'chain', chain, after, hash: o.hash.toString('hex') }])
  for (let seen = after - 1; ;) {
    const page = await read((tx) => store.listCheckpoints(tx, { ...span, after: seen }))
    const last = page.at(-1)
    if (last === undefined) break
    yield textOf(page.map(checkpointLine))
    seen = last.length
  }
  for (let seen = after; seen < state.length;) {
    const page = await read((tx) => store.listLinkedRecords(tx, { ...span, after: seen }))
    const last = page.at(-1)
    if (last === undefined) break
    yield textOf(page.map(({ seq, hash, record }) => ({ type: 'record', seq, hash: hash.toString('hex'), record })))
    seen = last.seq
  }
  const head = state.head.toString('hex')
  const claims = { chain, after, length: state.length, head, exported_at: clock.now().toISOString() }
  yield textOf([{ type: 'end', length: state.length, head, statement: auditSigner.sign(exportType, claims) }])
}

const checkpointLine = ({ length, head, index, size, path, statement }: store.CheckpointOfChain): EvidenceLine => ({
  type: 'checkpoint',
  length,
  head: head.toString('hex'),
  index,
  size,
  path: path.toString('hex').match(/.{64}/g) ?? [],
  statement,
})

const textOf = (lines: readonly EvidenceLine[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('')
