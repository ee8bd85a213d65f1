/**
 * From the acknowledgement of a change to the first decision that knows it, on each of two replicas; and that none is
 * ever turned back.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Replica } from '../servers/authz.ts'
import type { Credentials } from '../servers/credentials.ts'
import { sizeAsked, type Turn, type Turns } from './kinds.ts'
import type { Installation } from './two-replicas.ts'

export type Heard = {
  readonly kind: string
  /** Milliseconds at the replica that was written to, and at the other. */
  readonly atWriter: number[]
  readonly atOther: number[]
  compared: number
  /** Answers that went back behind a change already seen, or were wrong before there was one. */
  wrong: number
  /** Times a replica said that it does not know. */
  unknown: number
}

type Asking = {
  readonly replica: Replica
  readonly credentials: Credentials
  readonly turn: Turn
  readonly token: string
}

const patienceMs = 15_000
/** Answers of each replica that must stand after both have heard. */
const standing = 3

/** @param o.pauseMs at most so long, at random, before each change: changes must not keep step with a poll */
export async function measureChange(
  installation: Installation,
  o: { kind: string; turns: Turns; times: number; pauseMs: number },
): Promise<Heard> {
  const heard: Heard = { kind: o.kind, atWriter: [], atOther: [], compared: 0, wrong: 0, unknown: 0 }
  for (let time = 0; time < o.times; time += 1) {
    const turn = await o.turns()
    const token = installation.credentials.personToken(turn.member)
    const askings = installation.replicas.map((replica): Asking => ({
      replica,
      credentials: installation.credentials,
      turn,
      token,
    }))
    await Promise.all(askings.map((asking) => untilBefore(asking)))
    await sleep(Math.random() * o.pauseMs)
    await turn.make()
    const acknowledged = performance.now()
    const waiting = new Set(askings)
    const [atWriter, atOther] = await Promise.all(
      askings.map((asking) => listen(asking, { acknowledged, waiting, heard })),
    )
    heard.atWriter.push(atWriter as number)
    heard.atOther.push(atOther as number)
  }
  return heard
}

/** Everybody must have heard of what was before. */
async function untilBefore(asking: Asking): Promise<void> {
  const began = performance.now()
  while ((await ask(asking)) !== !asking.turn.wanted)
    if (performance.now() - began > patienceMs)
      throw new Error(`${asking.turn.action} was never ${!asking.turn.wanted}`)
}

async function listen(
  asking: Asking,
  o: { acknowledged: number; waiting: Set<Asking>; heard: Heard },
): Promise<number> {
  let heardMs: number | undefined
  for (let after = 0; after < standing;) {
    const decision = await ask(asking)
    o.heard.compared += 1
    if (decision === undefined) o.heard.unknown += 1
    else if (decision === asking.turn.wanted) heardMs ??= performance.now() - o.acknowledged
    else if (heardMs !== undefined) o.heard.wrong += 1
    if (heardMs !== undefined) o.waiting.delete(asking)
    if (o.waiting.size === 0) after += 1
    if (performance.now() - o.acknowledged > patienceMs)
      throw new Error(`a change (${o.heard.kind}) was not heard of in ${patienceMs} ms`)
  }
  return heardMs as number
}

/** The decision; undefined when the replica says that it does not know. */
async function ask({ replica, turn, token }: Asking): Promise<boolean | undefined> {
  const body = {
    subject: { type: 'user', id: turn.member.userId },
    action: { name: turn.action },
    resource: { type: 'document', id: '1', properties: { size: sizeAsked } },
  }
  const { status, body: answer } = await replica.call('POST', '/access/v1/evaluation', { token, body })
  if (status === 503) return undefined
  if (status !== 200) throw new Error(`an evaluation was answered with ${status}: ${JSON.stringify(answer)}`)
  return (answer as { decision: boolean }).decision
}
