/** Sends every malformed request there is, or a part of them that a seed chooses, and counts what came of it. */
import { Agent } from 'node:http'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import type { Tenant } from '../tenant-sweep.ts'
import type { Attempt } from './attempt.ts'
import { methodsOnPaths, oddHeadersOn, oddLines } from './heads.ts'
import { actsAtOnce, malformedPlaces } from './places.ts'
import { type Answer, complaintAbout, sendAttempt, sendBytes } from './send.ts'
import { malformedTexts } from './texts.ts'

export type Everything = { methods: Attempt[]; places: Attempt[]; texts: Attempt[]; headers: Attempt[] }

/** Everything the route table gives rise to. */
export function everyAttempt(self: Tenant, other: Tenant): Everything {
  const routes = publicRoutes.filter((route) => !actsAtOnce(route))
  return {
    methods: methodsOnPaths(),
    places: routes.flatMap((route) => malformedPlaces(route, self, other)),
    texts: publicRoutes.flatMap((route) => malformedTexts(route, self)),
    headers: routes.flatMap((route) => oddHeadersOn(route, self)),
  }
}

export type Swept = { sent: number; statuses: Map<number, number>; complaints: string[] }

/** A few at once. A 503 is a complaint too: no request here may make a service unavailable. */
export async function sweepAttempts(
  gateway: string,
  attempts: readonly Attempt[],
  complain: (attempt: Attempt, answer: Answer) => string | undefined = complaintAbout,
): Promise<Swept> {
  const url = new URL(gateway)
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const statuses = new Map<number, number>()
  const complaints: string[] = []
  const queue = attempts.values()
  const work = async (): Promise<void> => {
    for (const attempt of queue) {
      const where = `${attempt.method} ${attempt.route}, ${attempt.position}: ${attempt.form}`
      try {
        const answer = await sendAttempt(url, agent, attempt)
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        const complaint = complain(attempt, answer)
        if (complaint !== undefined) complaints.push(`${where}: ${complaint}`)
      } catch (err) {
        complaints.push(`${where}: ${(err as Error).message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  agent.destroy()
  return { sent: attempts.length, statuses, complaints }
}

/** Request lines and heads that no library writes. */
export async function sweepLines(gateway: string): Promise<{ sent: number; complaints: string[] }> {
  const url = new URL(gateway)
  const lines = oddLines(url.host)
  const complaints: string[] = []
  for (const { form, bytes, allowed } of lines) {
    const status = await sendBytes(url, bytes)
    if (!allowed.includes(status)) complaints.push(`${form}: ${status} instead of ${allowed.join('/')}`)
  }
  return { sent: lines.length, complaints }
}
