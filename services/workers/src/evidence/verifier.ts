/**
 * Verifies an export of the audit trail with nothing but its lines and the public keys. Every line is judged, so that
 * each record that was changed, removed or moved is named, and not only the first.
 */
import type { KeyObject } from 'node:crypto'
import {
  beginningOf,
  leafOf,
  linkOf,
  platformChain,
  rootFrom,
  type ChainName,
  type EvidenceRecord,
} from './audit-chain.ts'
import {
  checkpointType,
  exportType,
  readStatement,
  type CheckpointClaims,
  type ExportClaims,
} from './audit-statement.ts'

/** The lines of an export, in this order: one `chain`, checkpoints, records, one `end`. */
export type EvidenceLine =
  | { type: 'chain'; chain: ChainName; after: number; hash: string }
  | { type: 'record'; seq: number; hash: string; record: EvidenceRecord }
  | { type: 'checkpoint'; length: number; head: string; index: number; size: number; path: string[]; statement: string }
  | { type: 'end'; length: number; head: string; statement: string }

export type Verdict = {
  /** What is wrong, each as a sentence; none: the evidence holds. */
  faults: string[]
  chain: ChainName | undefined
  records: number
  /** Up to which record checkpoints made earlier vouch, and the number of those checkpoints. */
  checkpointed: number
  checkpoints: number
}

export type Verifier = {
  /** Takes the next line of the export, without its line break. */
  take(line: string): void
  /** After the last line. */
  finish(): Verdict
}

type State = Verdict & {
  keys: ReadonlyMap<string, KeyObject>
  line: number
  after: number
  seq: number
  previous: string
  isEnded: boolean
  /** What signed checkpoints say of records that are still to come, by their number. */
  vouched: Map<number, { head: string; madeAt: string }>
}

/** Keeps one line at a time and the checkpoints: an export may be longer than memory. */
export function createVerifier(keys: ReadonlyMap<string, KeyObject>): Verifier {
  const state: State = {
    keys,
    faults: [],
    chain: undefined,
    records: 0,
    checkpointed: 0,
    checkpoints: 0,
    line: 0,
    after: 0,
    seq: 0,
    previous: '',
    isEnded: false,
    vouched: new Map(),
  }
  return {
    take: (text) => {
      state.line += 1
      const line = parse(text)
      if (line === undefined) state.faults.push(`line ${state.line} is no line of an export`)
      else takeLine(state, line)
    },
    finish: () => {
      if (state.chain === undefined) state.faults.push('the export does not begin with its chain')
      if (!state.isEnded) state.faults.push('the export has no end: it was cut off')
      for (const [length, { madeAt }] of state.vouched)
        state.faults.push(`record ${length} is missing, and a checkpoint of ${madeAt} holds it`)
      const { faults, chain, records, checkpointed, checkpoints } = state
      return { faults, chain, records, checkpointed, checkpoints }
    },
  }
}

function parse(text: string): EvidenceLine | undefined {
  try {
    const line = JSON.parse(text) as EvidenceLine | null
    return typeof line === 'object' && line !== null ? line : undefined
  } catch {
    return undefined
  }
}

function takeLine(state: State, line: EvidenceLine): void {
  if (state.isEnded) return void state.faults.push(`line ${state.line} follows the end`)
  if (line.type === 'chain') return takeChain(state, line)
  if (state.chain === undefined) return void state.faults.push(`line ${state.line} comes before the chain`)
  if (line.type === 'record') return takeRecord(state, line, state.chain)
  if (line.type === 'checkpoint') return takeCheckpoint(state, line, state.chain)
  if (line.type === 'end') return takeEnd(state, line, state.chain)
  state.faults.push(`line ${state.line} is no line of an export`)
}

function takeChain(state: State, { chain, after, hash }: EvidenceLine & { type: 'chain' }): void {
  if (state.chain !== undefined) return void state.faults.push(`line ${state.line} begins a second chain`)
  if (after === 0 && hash !== beginningOf(chain).toString('hex'))
    state.faults.push('the beginning is not that of the chain')
  Object.assign(state, { chain, after, seq: after, previous: hash })
}

function takeRecord(state: State, line: EvidenceLine & { type: 'record' }, chain: ChainName): void {
  const { seq, hash, record } = line
  state.records += 1
  if (seq <= state.seq)
    return void state.faults.push(`record ${seq} stands after record ${state.seq}: moved or repeated`)
  if (seq > state.seq + 1) state.faults.push(`${namesOf(state.seq + 1, seq - 1)} missing before record ${seq}`)
  else if (!isLinked(state.previous, record, hash))
    state.faults.push(`record ${seq} (${String(record?.id)}) was changed, or does not belong there`)
  if ((record?.organization_id ?? platformChain) !== chain)
    state.faults.push(`record ${seq} belongs to another chain than ${chain}`)
  state.seq = seq
  state.previous = hash
  compareWithCheckpoint(state)
}

/** Whether the record that was read last is the one a checkpoint knew. */
function compareWithCheckpoint(state: State): void {
  const vouched = state.vouched.get(state.seq)
  if (vouched === undefined) return
  state.vouched.delete(state.seq)
  if (vouched.head !== state.previous)
    return void state.faults.push(
      `up to record ${state.seq} something was changed since the checkpoint of ${vouched.madeAt}`,
    )
  state.checkpoints += 1
  state.checkpointed = Math.max(state.checkpointed, state.seq)
}

const namesOf = (first: number, last: number): string =>
  first === last ? `record ${first} is` : `records ${first} to ${last} are`

function isLinked(previous: string, record: EvidenceRecord, hash: string): boolean {
  return linkOf(Buffer.from(previous, 'hex'), record).toString('hex') === hash
}

function takeCheckpoint(state: State, line: EvidenceLine & { type: 'checkpoint' }, chain: ChainName): void {
  const { length, head, index, size, statement } = line
  const claims = readStatement<CheckpointClaims>(statement, checkpointType, state.keys)
  if (claims === undefined)
    return void state.faults.push(`the checkpoint at record ${length} is not signed by a key that was given`)
  const path = (Array.isArray(line.path) ? line.path : []).map((node) => Buffer.from(String(node), 'hex'))
  const root = rootFrom(leafOf({ chain, length, head }), { index, size, path })
  if (root?.toString('hex') !== claims.root || size !== claims.size)
    return void state.faults.push(`the checkpoint at record ${length} does not hold this chain`)
  state.vouched.set(length, { head, madeAt: claims.made_at })
  compareWithCheckpoint(state)
}

function takeEnd(state: State, { length, head, statement }: EvidenceLine & { type: 'end' }, chain: ChainName): void {
  state.isEnded = true
  const claims = readStatement<ExportClaims>(statement, exportType, state.keys)
  if (claims === undefined) return void state.faults.push('the end is not signed by a key that was given')
  const isSaid =
    claims.chain === chain && claims.after === state.after && claims.length === length && claims.head === head
  if (!isSaid) state.faults.push('the end is not what was signed')
  if (state.seq !== length) state.faults.push(`${namesOf(state.seq + 1, length)} missing at the end`)
  else if (state.previous !== head) state.faults.push('the last record is not the one that was signed')
}
