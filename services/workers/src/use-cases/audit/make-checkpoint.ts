/**
 * Signs where all chains are that have grown: the root of a Merkle tree over their heads. The root also goes to the
 * log, and with it out of the reach of whoever rules the database.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { leafOf, merkleTree } from '../../evidence/audit-chain.ts'
import { checkpointType } from '../../evidence/audit-statement.ts'
import * as store from '../../store/audit-chains.ts'

/** Chains of one checkpoint; the others have the next. */
const mostChains = 1000

/** @returns whether there was anything to sign */
export async function makeCheckpoint({
  system,
  auditSigner,
  clock,
  log,
}: Pick<Deps, 'system' | 'auditSigner' | 'clock' | 'log'>): Promise<boolean> {
  const made = await inScope(system, {}, async (tx) => {
    if (!(await store.takeSealing(tx))) return undefined
    const heads = await store.findGrownChains(tx, mostChains)
    if (heads.length === 0) return undefined
    const leaves = heads.map(({ chain, length, head }) => leafOf({ chain, length, head: head.toString('hex') }))
    const { root, paths } = merkleTree(leaves)
    const claims = { root: root.toString('hex'), size: heads.length, made_at: clock.now().toISOString() }
    const proven = heads.map((head, index) => ({ ...head, index, path: Buffer.concat(paths[index] ?? []) }))
    const statement = auditSigner.sign(checkpointType, claims)
    await store.insertCheckpoint(tx, { id: newId('acp'), statement, heads: proven, key: auditSigner.key })
    return { ...claims, statement }
  })
  if (made) log.info({ root: made.root, chains: made.size, statement: made.statement }, 'audit checkpoint')
  return made !== undefined
}

/** Checkpoints until every chain is covered. */
export async function coverAllChains(deps: Parameters<typeof makeCheckpoint>[0]): Promise<void> {
  while (await makeCheckpoint(deps));
}
