/**
 * P1: one decision with its reason, in process, side by side with CASL, Cedar and casbin; every answer that is given is
 * compared.
 */
import { createCasbin } from '../engines/casbin.ts'
import { createCasl, createCaslPerQuestion } from '../engines/casl.ts'
import { createCedar } from '../engines/cedar.ts'
import type { Engine } from '../engines/engine.ts'
import { createGatehouse } from '../engines/gatehouse.ts'
import { hasPeer } from '../engines/peers.ts'
import { atLeast, ratioOf, type PartResult } from '../report/result.ts'
import { medianOf, rounded } from '../report/statistics.ts'
import { createModel } from '../workload/model.ts'
import { coverageOf, createQuestions } from '../workload/questions.ts'
import type { Effort } from './part.ts'

type Run = {
  readonly engine: Engine
  readonly wallNs: number[]
  readonly cpuNs: number[]
  answered: number
  wrong: number
}

/**
 * Few enough to stay in a core's own cache, as a question does that was just made: with thousands, half of the time
 * goes to fetching them.
 */
const timedQuestions = 500

const targets: Record<string, number> = { CASL: 6, 'cedar-wasm, preparsed': 100, casbin: 700 }

export async function measureDecisions(effort: Effort): Promise<PartResult> {
  const model = createModel({ seed: 20251 })
  const questions = createQuestions(model, { seed: 20252, count: effort.quick ? 4000 : 20_000 })
  const expected = Uint8Array.from(questions, ({ verdict }) => Number(verdict.allowed))
  const makers = [
    createGatehouse,
    ...(hasPeer('casbin') ? [createCasl, createCaslPerQuestion, createCedar, createCasbin] : []),
  ]
  const engines = await Promise.all(makers.map((make) => make(model, questions)))
  const runs: Run[] = engines.map((engine) => ({ engine, wallNs: [], cpuNs: [], answered: 0, wrong: 0 }))
  const objections = questions.flatMap((_, index) => engines.flatMap((engine) => engine.objection?.(index) ?? []))
  objections.slice(0, 5).forEach((objection) => effort.note(objection))

  // Once through everything (the slow ones: as far as the time goes), before the clock matters.
  for (const run of runs) await answer(run, { expected, upTo: questions.length, budgetMs: effort.quick ? 400 : 5000 })
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const run of runs) {
      const cost = await answer(run, {
        expected,
        upTo: Math.min(timedQuestions, questions.length),
        budgetMs: effort.quick ? 20 : 1500,
        repeat: true,
      })
      run.wallNs.push(cost.wallNs)
      run.cpuNs.push(cost.cpuNs)
    }
    effort.note(
      `P1 round ${round + 1}: ` +
        runs.map(({ engine, wallNs }) => `${engine.name} ${rounded((wallNs[round] ?? NaN) / 1000)} µs`).join(', '),
    )
  }
  return resultOf(runs, { coverage: coverageOf(questions), objections: objections.length })
}

/**
 * Answers the first `upTo` questions until the time is over or, unless `repeat`, all are answered; per decision, in
 * nanoseconds.
 */
async function answer(
  run: Run,
  o: { expected: Uint8Array; upTo: number; budgetMs: number; repeat?: boolean },
): Promise<{ wallNs: number; cpuNs: number }> {
  const { engine } = run
  const cpu = process.cpuUsage()
  const started = performance.now()
  let answered = 0
  for (
    let at = 0;
    at < o.upTo && performance.now() - started < o.budgetMs;
    at = o.repeat === true && at + engine.stride >= o.upTo ? 0 : at + engine.stride
  ) {
    const to = Math.min(at + engine.stride, o.upTo)
    run.wrong += await answerSlice(engine, { expected: o.expected, from: at, to })
    answered += to - at
  }
  const wallMs = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  run.answered += answered
  return { wallNs: (wallMs * 1e6) / answered, cpuNs: ((user + system) * 1000) / answered }
}

/** The wrong ones among them. Waits only for an engine that makes one wait. */
async function answerSlice(engine: Engine, o: { expected: Uint8Array; from: number; to: number }): Promise<number> {
  let wrong = 0
  for (let index = o.from; index < o.to; index += 1) {
    const answered = engine.decide(index)
    const allowed = typeof answered === 'boolean' ? answered : await answered
    if (Number(allowed) !== o.expected[index]) wrong += 1
  }
  return wrong
}

function resultOf(runs: readonly Run[], o: { coverage: object; objections: number }): PartResult {
  const [own] = runs as [Run]
  const rows = runs.map(({ engine, wallNs, cpuNs, answered, wrong }) => [
    `${engine.name} ${engine.version}`,
    rounded(1e9 / medianOf(wallNs)),
    rounded(medianOf(wallNs) / 1000),
    rounded(medianOf(cpuNs) / 1000),
    `${rounded(ratioOf(wallNs, own.wallNs))}x`,
    answered.toLocaleString('en-US'),
    String(wrong),
  ])
  return {
    part: 'P1',
    title: 'One decision with its reason, in process',
    notes: [
      '20 roles, 200 permissions, 10 policies with conditions, 1,000 people in 50 organizations; seeded, medians ' +
        'over interleaved rounds, ratios taken within each round.',
      'Every answer of every engine was compared with an oracle that shares no code with any of them; Gatehouse’s ' +
        'reasons were compared too.',
      'Prepared beforehand for everybody: CASL an ability per person, Cedar the parsed policy set and the ' +
        'entities, casbin the enforcer, Gatehouse the compiled set and the role bits per person; and of each ' +
        'question whose it is: CASL has the ability and the tagged resource at hand, Gatehouse the role bits and ' +
        'the attributes. The other CASL makes the ability for each question, as an application does for each request.',
    ],
    table: {
      columns: [
        'Engine',
        'decisions/s',
        'µs each',
        'CPU µs each',
        'Gatehouse is faster by',
        'answers compared',
        'wrong',
      ],
      rows,
    },
    targets: Object.entries(targets).flatMap(([name, wanted]) =>
      runs
        .filter(({ engine }) => engine.name === name)
        .map(({ wallNs }) => atLeast(`Gatehouse over ${name}`, ratioOf(wallNs, own.wallNs), wanted)),
    ),
    disagreements: runs.reduce((sum, { wrong }) => sum + wrong, o.objections),
    compared: runs.reduce((sum, { answered }) => sum + answered, 0),
    measured: {
      coverage: o.coverage,
      engines: runs.map(({ engine, ...measured }) => ({ name: engine.name, version: engine.version, ...measured })),
    },
  }
}
