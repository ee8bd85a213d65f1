/**
 * P14: what people do in a day (60 % checks, 25 % reads, 10 % refreshes, 4 % logins, 1 % changes), by more and more
 * callers at once until one in a hundred answers takes more than 100 ms. The order is the same in every run.
 */
import { availableParallelism } from 'node:os'
import { randomFrom } from '@gatehouse/test-kit/random'
import { closedLoop, createAsker, type Answer } from '../load/closed-loop.ts'
import type { PartResult } from '../report/result.ts'
import { medianOf, rounded } from '../report/statistics.ts'
import type { Person, Platform } from '../servers/platform.ts'
import type { Effort } from './part.ts'
import { logIn, type Tokens } from './platform-work.ts'

const shares = { check: 60, read: 25, refresh: 10, login: 4, change: 1 } as const
type Kind = keyof typeof shares
const mostMs = 100
const callersOfSteps = [1, 2, 4, 8, 16, 32, 64]
const seconds = 5

type Step = { callers: number; perSecond: number; p99Ms: number; failed: number; count: number }

export async function measureDay(platform: Platform, effort: Effort): Promise<PartResult> {
  const best: number[] = []
  const steps: Step[] = []
  for (let round = 1; round <= effort.rounds; round += 1) {
    let reached = 0
    for (const callers of callersOfSteps) {
      const step = { callers, ...(await closedLoop({ callers, seconds }, await dayOf(platform, callers, round))) }
      steps.push(step)
      effort.note(`P14 round ${round}, ${callers} callers: ${rounded(step.perSecond)}/s, p99 ${rounded(step.p99Ms)} ms`)
      if (step.p99Ms > mostMs) break
      reached = step.perSecond
    }
    best.push(reached)
  }
  return resultOf(steps, best)
}

/** What each caller does next; everybody has a session of their own, so that nobody waits for another's refresh. */
async function dayOf(platform: Platform, callers: number, seed: number): Promise<(caller: number) => Promise<boolean>> {
  const ask = createAsker(platform.gateway)
  const random = randomFrom(seed)
  const kinds = (Object.keys(shares) as Kind[]).flatMap((kind) => Array.from({ length: shares[kind] }, () => kind))
  const personOf = (caller: number): Person => platform.people[caller % platform.people.length] as Person
  const held: Tokens[] = []
  // One after another: the queue of the hashes is fair per source, and all of these are one.
  while (held.length < callers) held.push(await logIn(ask, personOf(held.length)))
  const asks: Record<Kind, (caller: number) => Promise<Answer>> = {
    check: (caller) =>
      ask('POST', '/access/v1/evaluation', {
        token: held[caller]?.access_token,
        body: {
          subject: { type: 'user', id: personOf(caller).id },
          action: { name: 'read' },
          resource: { type: 'invoice', id: 'inv-1' },
        },
      }),
    read: (caller) => ask('GET', '/v1/me', { token: held[caller]?.access_token }),
    refresh: async (caller) => {
      const body = { refresh_token: held[caller]?.refresh_token }
      const answer = await ask('POST', '/v1/auth/refresh', { body })
      if (answer.status === 200) held[caller] = JSON.parse(answer.body) as Tokens
      return answer
    },
    login: async (caller) => {
      const { email, password } = personOf(caller)
      return ask('POST', '/v1/auth/login', { body: { email, password } })
    },
    change: (caller) =>
      ask('PATCH', '/v1/me', { token: held[caller]?.access_token, body: { name: `Caller ${caller}` } }),
  }
  return async (caller) => (await asks[random.pick(kinds)](caller)).status < 300
}

function resultOf(steps: readonly Step[], best: readonly number[]): PartResult {
  const cores = availableParallelism()
  const ofStep = (callers: number) => steps.filter((step) => step.callers === callers)
  return {
    part: 'P14',
    title: `a day’s mix at rising load, until p99 is above ${mostMs} ms`,
    notes: [
      `${rounded(medianOf(best) / cores)} requests/s per core, of ${cores}: the last step below ${mostMs} ms, ` +
        `median round. Load and platform share the machine.`,
      'Checks 60 %, GET /v1/me 25 %, refreshes 10 %, logins 4 %, changes of a name 1 %.',
    ],
    table: {
      columns: ['Callers', 'requests/s', 'p99 ms', 'failed'],
      rows: [...new Set(steps.map(({ callers }) => callers))].map((callers) => [
        String(callers),
        rounded(medianOf(ofStep(callers).map(({ perSecond }) => perSecond))),
        rounded(medianOf(ofStep(callers).map(({ p99Ms }) => p99Ms))),
        String(ofStep(callers).reduce((sum, { failed }) => sum + failed, 0)),
      ]),
    },
    targets: [],
    disagreements: steps.reduce((sum, { failed }) => sum + failed, 0),
    compared: steps.reduce((sum, { count }) => sum + count, 0),
    measured: { steps, best, cores },
  }
}
