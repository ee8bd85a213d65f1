/**
 * How soon a change is known: from its acknowledgement to the first decision that knows it, with NATS and by the poll
 * alone.
 */
import { kindsOf } from '../change/kinds.ts'
import { measureChange, type Heard } from '../change/measure-change.ts'
import { startTwoReplicas } from '../change/two-replicas.ts'
import type { PartResult } from '../report/result.ts'
import { quantileOf, rounded } from '../report/statistics.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import type { Effort } from './part.ts'

const ways = {
  nats: { times: 200, pauseMs: 20, says: 'NATS and poll' },
  poll: { times: 30, pauseMs: 1000, says: 'poll alone' },
} as const

type Measured = Heard & { readonly way: string }

export async function measurePropagation(effort: Effort, cleanup: Cleanup): Promise<PartResult> {
  const installation = await startTwoReplicas(cleanup)
  const kinds = Object.entries(await kindsOf(installation))
  const measured: Measured[] = []
  for (const [way, { times, pauseMs, says }] of Object.entries(effort.quick ? { nats: ways.nats } : ways)) {
    if (way === 'poll') await installation.nats.kill()
    for (const [kind, turns] of kinds) {
      const heard = await measureChange(installation, { kind, turns, times: effort.quick ? 3 : times, pauseMs })
      measured.push({ ...heard, way: says })
      effort.note(`propagation by ${says}: ${kind}: ${figures(heard.atWriter)} ms, ${figures(heard.atOther)} ms`)
    }
  }
  return {
    part: 'propagation',
    title: 'From the acknowledgement of a change to the first decision that knows it, on two replicas',
    notes: [
      'Two authz processes on one PostgreSQL, each asked without pause about the one who is concerned, without ' +
        '`at_least`; milliseconds to the first changed answer received, p50 / p99 / max. A is the replica a role ' +
        'or a policy is written to.',
      'People and memberships change in identity and orgs: their spines are real (outbox, sequencer, NATS, ' +
        'routes), acknowledged as a revocation is, once JetStream has it or after 250 ms.',
      'Wrong is an answer from before the change after the replica has given one from after it.',
    ],
    table: {
      columns: ['Change', 'heard by', 'times', 'replica A, ms', 'replica B, ms', 'answers', '503'],
      rows: measured.map(({ kind, way, atWriter, atOther, compared, unknown }) => [
        kind,
        way,
        String(atWriter.length),
        figures(atWriter),
        figures(atOther),
        compared.toLocaleString('en-US'),
        String(unknown),
      ]),
    },
    targets: [],
    rounds: 1,
    disagreements: measured.reduce((sum, { wrong }) => sum + wrong, 0),
    compared: measured.reduce((sum, { compared }) => sum + compared, 0),
    measured: measured.map(({ atWriter, atOther, ...rest }) => ({
      ...rest,
      atWriter: quantiles(atWriter),
      atOther: quantiles(atOther),
    })),
  }
}

const quantiles = (values: readonly number[]) => ({
  p50: quantileOf(values, 0.5),
  p99: quantileOf(values, 0.99),
  max: quantileOf(values, 1),
})
const figures = (values: readonly number[]): string => Object.values(quantiles(values)).map(rounded).join(' / ')
