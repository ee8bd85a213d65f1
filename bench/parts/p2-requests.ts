/**
 * P2, P3 and P4: whole requests to the authz service beside the Cerbos server and a bare Node server, each on the same
 * core in turn. Every answer of both is compared with the oracle.
 */
import { fileURLToPath } from 'node:url'
import type { LoadOrder, LoadRequest } from '../load/order.ts'
import { pinning } from '../load/affinity.ts'
import { runLoad, type Load } from '../load/run-load.ts'
import { atLeast, atMost, ratioOf, type PartResult, type Target } from '../report/result.ts'
import { medianOf, rounded } from '../report/statistics.ts'
import { startAuthz, type Authz } from '../servers/authz.ts'
import { startCerbos, hasCerbos, type Cerbos } from '../servers/cerbos.ts'
import { answersOk, freePort, startChild } from '../servers/child.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { idOf } from '../servers/facts.ts'
import { loadModel, type Asker } from '../servers/tenants.ts'
import { createModel, fullSize, type Model } from '../workload/model.ts'
import { createQuestions, type Judged } from '../workload/questions.ts'
import type { Effort } from './part.ts'

type Contender = { readonly name: string; readonly pid: number; order(): LoadOrder; readonly loads: Load[] }

const batchSize = 100

export async function measureRequests(
  effort: Effort,
  cleanup: Cleanup,
  parts: ReadonlySet<string>,
): Promise<PartResult[]> {
  const size = effort.quick ? { ...fullSize, holders: 60, organizations: 6 } : fullSize
  const model = createModel({ seed: 20251, size, idOf: (index) => idOf('user', index) })
  const singles = createQuestions(model, { seed: 20253, count: effort.quick ? 300 : 3000 })
  const batches = createBatches(model, effort.quick ? 5 : 200)
  const authz = await startAuthz(cleanup, effort)
  const askers = await loadModel(authz, model)
  const cerbos = hasCerbos() && !effort.quick ? await startCerbos(cleanup, model) : undefined
  const results: PartResult[] = []
  if (parts.has('p2') || parts.has('p3')) {
    const asked: Asked = {
      path: '/access/v1/evaluation',
      requests: singles.map((question) => evaluation(question, askers)),
    }
    const own = contender('Gatehouse authz', authz.pid(), () => ownOrder(authz, asked))
    const peer =
      cerbos &&
      contender(`Cerbos ${cerbos.version}`, cerbos.pid, () =>
        cerbosOrder(
          cerbos,
          singles.map((question) => [question]),
        ),
      )
    const bare = effort.quick ? undefined : await leastContender(cleanup, authz, asked)
    const reader = effort.quick ? undefined : await leastContender(cleanup, authz, { ...asked, isReader: true })
    await race([own, peer, bare, reader], effort, 'P2, P3')
    if (peer !== undefined || effort.quick) results.push(requestResult(own, peer))
    if (bare !== undefined && reader !== undefined) results.push(bareResult(own, bare, reader))
  }
  if (parts.has('p4')) {
    const asked: Asked = {
      path: '/access/v1/evaluations',
      requests: batches.map((batch) => evaluations(batch, askers)),
    }
    const own = contender('Gatehouse authz', authz.pid(), () => ownOrder(authz, asked))
    const peer = cerbos && contender(`Cerbos ${cerbos.version}`, cerbos.pid, () => cerbosOrder(cerbos, batches))
    const reader = effort.quick ? undefined : await leastContender(cleanup, authz, { ...asked, isReader: true })
    await race([own, peer, reader], effort, 'P4')
    results.push(batchResult(own, peer, reader))
  }
  return results
}

const contender = (name: string, pid: number, order: () => LoadOrder): Contender => ({ name, pid, order, loads: [] })

/** A hundred questions of one person each. */
function createBatches(model: Model, count: number): Judged[][] {
  const questions = createQuestions(model, {
    seed: 20254,
    count: count * batchSize,
    holderOf: (index) =>
      model.holders[(Math.floor(index / batchSize) * 7) % model.holders.length] as Model['holders'][number],
  })
  return Array.from({ length: count }, (_, batch) => questions.slice(batch * batchSize, (batch + 1) * batchSize))
}

type Asked = { readonly path: string; readonly requests: readonly OwnRequest[] }
type OwnRequest = { readonly body: object; readonly expected: readonly boolean[]; readonly token: string }

const askerOf = (askers: readonly Asker[], { holder }: Judged): Asker => askers[holder.index] as Asker

const resourceOf = ({ resource: { type, id, ...properties } }: Judged) => ({ type, id, properties })

function evaluation(question: Judged, askers: readonly Asker[]): OwnRequest {
  const { token, subject } = askerOf(askers, question)
  return {
    token,
    expected: [question.verdict.allowed],
    body: { subject, action: { name: question.action }, resource: resourceOf(question) },
  }
}

function evaluations(batch: readonly Judged[], askers: readonly Asker[]): OwnRequest {
  const { token, subject } = askerOf(askers, batch[0] as Judged)
  return {
    token,
    expected: batch.map(({ verdict }) => verdict.allowed),
    body: {
      subject,
      evaluations: batch.map((question) => ({ action: { name: question.action }, resource: resourceOf(question) })),
    },
  }
}

/** Made anew for each run, because assertions expire. */
const ownOrder = (authz: Authz, o: Asked): LoadOrder => ({
  port: authz.port,
  connections: 32,
  marker: '"decision":',
  yes: 'true',
  requests: o.requests.map(({ token, body, expected }): LoadRequest => ({
    path: o.path,
    headers: authz.headersFor(token, { method: 'POST', path: o.path }),
    body: JSON.stringify(body),
    expected,
  })),
})

/** Cerbos keeps nobody: roles and attributes of the person travel with the question. */
const cerbosOrder = ({ port }: Cerbos, batches: readonly (readonly Judged[])[]): LoadOrder => ({
  port,
  connections: 32,
  marker: '"EFFECT_',
  yes: 'ALLOW',
  requests: batches.map((batch): LoadRequest => {
    const { holder } = batch[0] as Judged
    const resources = batch.map(({ action, resource: { type, id, ...attr } }) => ({
      actions: [action],
      resource: { kind: type, id, attr },
    }))
    const body = {
      requestId: 'bench',
      principal: { id: holder.id, roles: holder.roles, attr: holder.attributes },
      resources,
    }
    return {
      path: '/api/check/resources',
      headers: {},
      body: JSON.stringify(body),
      expected: batch.map(({ verdict }) => verdict.allowed),
    }
  }),
})

/**
 * A bare server that answers what authz answered to the first. The same requests, always the same answer: there is
 * nothing to compare.
 */
async function leastContender(cleanup: Cleanup, authz: Authz, o: Asked & { isReader?: boolean }): Promise<Contender> {
  const { body } = await authz.call('POST', o.path, o.requests[0] as OwnRequest)
  const port = await freePort()
  const script = fileURLToPath(new URL('../servers/bare-http.ts', import.meta.url))
  const args = ['--import', 'tsx', script, String(port), JSON.stringify(body), ...(o.isReader === true ? ['json'] : [])]
  const child = await startChild(cleanup, {
    name: 'the bare server',
    command: process.execPath,
    args,
    isReady: () => answersOk(`http://127.0.0.1:${port}`),
  })
  const name = o.isReader === true ? 'node:http with JSON.parse and JSON.stringify' : 'bare node:http'
  const requests = o.requests.map((request) => ({ ...request, expected: [] }))
  return contender(name, child.pid, () => ({ ...ownOrder(authz, { path: o.path, requests }), port }))
}

async function race(contenders: readonly (Contender | undefined)[], effort: Effort, part: string): Promise<void> {
  const running = contenders.filter((one) => one !== undefined)
  for (const one of running) await warmUp(one, effort)
  for (let round = 1; round <= effort.rounds; round += 1) {
    for (const one of running) await run(one, effort, effort.quick ? { connections: 8 } : { seconds: 5 })
    effort.note(
      `${part} round ${round}: ` +
        running.map(({ name, loads }) => `${name} ${rounded(loads.at(-1)?.perSecond ?? NaN)}/s`).join(', '),
    )
  }
}

/**
 * Everything once, so that whoever caches has seen everybody, and then some time for the compiler. Answers count,
 * figures do not.
 */
async function warmUp(one: Contender, effort: Effort): Promise<void> {
  if (effort.quick) return
  for (const how of [{}, { seconds: effort.profileInto === undefined ? 3 : 20 }]) await run(one, effort, how)
  one.loads.splice(0, one.loads.length, ...one.loads.filter(({ wrong }) => wrong > 0))
}

async function run(one: Contender, effort: Effort, how: Partial<LoadOrder>): Promise<void> {
  const load = await runLoad({ ...one.order(), ...how }, one.pid)
  if (load.firstWrong !== undefined) effort.note(`${one.name} answered wrongly: ${load.firstWrong}`)
  one.loads.push(load)
}

const columns = [
  'Server',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'CPU µs per request',
  'load busy',
  'answers compared',
  'wrong',
]

const rowOf = ({ name, loads }: Contender): string[] => [
  name,
  rounded(medianOf(loads.map(({ perSecond }) => perSecond))),
  rounded(medianOf(loads.map(({ latencyUs }) => latencyUs.p50)) / 1000),
  rounded(medianOf(loads.map(({ latencyUs }) => latencyUs.p99)) / 1000),
  rounded(medianOf(loads.map(({ cpuUs }) => cpuUs))),
  `${Math.round(100 * medianOf(loads.map(({ loadBusy }) => loadBusy)))} %`,
  loads.reduce((sum, { compared }) => sum + compared, 0).toLocaleString('en-US'),
  String(loads.reduce((sum, { wrong }) => sum + wrong, 0)),
]

const rates = ({ loads }: Contender): number[] => loads.map(({ perSecond }) => perSecond)
const p99s = ({ loads }: Contender): number[] => loads.map(({ latencyUs }) => latencyUs.p99)
const cpus = ({ loads }: Contender): number[] => loads.map(({ cpuUs }) => cpuUs)

function result(
  part: string,
  o: {
    title: string
    notes: readonly string[]
    contenders: readonly (Contender | undefined)[]
    targets: readonly Target[]
  },
): PartResult {
  const contenders = o.contenders.filter((one) => one !== undefined)
  const sum = (of: (load: Load) => number): number =>
    contenders.flatMap(({ loads }) => loads).reduce((total, load) => total + of(load), 0)
  return {
    part,
    title: o.title,
    notes: [
      `32 connections, one request at a time on each; ${pinning}. Medians of interleaved rounds, ratios within one.`,
      ...o.notes,
    ],
    table: { columns, rows: contenders.map(rowOf) },
    targets: o.targets,
    disagreements: sum(({ wrong }) => wrong),
    compared: sum(({ compared }) => compared),
    measured: contenders.map(({ name, loads }) => ({
      name,
      loads: loads.map(({ firstWrong: _firstWrong, ...load }) => load),
    })),
  }
}

const equalTerms =
  'Equivalent policies, the same questions, no line logged per request. Authz verifies assertion and token and looks ' +
  'up roles and attributes it keeps; Cerbos is sent them and authenticates nobody.'

const requestResult = (own: Contender, peer: Contender | undefined): PartResult =>
  result('P2', {
    title: 'POST /access/v1/evaluation, the whole request, beside the Cerbos server',
    notes: [equalTerms],
    contenders: [own, peer],
    targets:
      peer === undefined
        ? []
        : [
            atLeast('requests/s over Cerbos', ratioOf(rates(own), rates(peer)), 10),
            atMost('p99 against Cerbos', ratioOf(p99s(own), p99s(peer)), 0.25),
          ],
  })

const bareResult = (own: Contender, bare: Contender, reader: Contender): PartResult =>
  result('P3', {
    title: 'The same beside a bare node:http server that answers the same body',
    notes: [
      `By CPU time per request, which the load process cannot limit: ${rounded(ratioOf(cpus(bare), cpus(own)))}x.`,
      `A server that only parses the question and writes the answer reaches ` +
        `${rounded(ratioOf(rates(reader), rates(bare)))}x; authz ${rounded(ratioOf(rates(own), rates(reader)))}x of it`,
    ],
    contenders: [own, bare, reader],
    targets: [atLeast('requests/s against bare node:http', ratioOf(rates(own), rates(bare)), 0.75)],
  })

const batchResult = (own: Contender, peer: Contender | undefined, reader: Contender | undefined): PartResult =>
  result('P4', {
    title: '100 checks per request: /access/v1/evaluations beside Cerbos’ CheckResources',
    notes: [
      equalTerms,
      ...(peer && reader
        ? [`A server that only parses and writes reaches ${rounded(ratioOf(rates(reader), rates(peer)))}x of Cerbos.`]
        : []),
    ],
    contenders: [own, peer, reader],
    targets: peer === undefined ? [] : [atLeast('checks/s over Cerbos', ratioOf(rates(own), rates(peer)), 40)],
  })
