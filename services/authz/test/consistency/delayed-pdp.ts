/**
 * A decision point of its own beside the others, which hears of everything late: each event after a delay drawn from a
 * seed, in order.
 */
import type { EvaluationResponse } from '@gatehouse/contracts/http/authz/evaluation'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { eventKeysOf } from '@gatehouse/test-kit/service-keys'
import { connectNats } from '@gatehouse/spine/nats/connection'
import { createLocalClient, type Spine } from '@gatehouse/spine/produce/producer'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import type { MemberCaller } from '@gatehouse/access/callers/caller'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { followIdentity, followOrgs, followOwnWrites, followTokens } from '../../src/events/follow.ts'
import { evaluate, evaluateAtOnce, type EvaluatingDeps } from '../../src/use-cases/decisions/evaluate.ts'
import { createFactCache } from '../../src/facts/fact-cache.ts'
import { snapshots } from '../../src/use-cases/projections/take-snapshot.ts'
import type { Member } from '../fixtures/platform.ts'

export type DelayedPdp = {
  /** The decision, or undefined when it is not known here. */
  ask(member: Member, o: { action: string; atLeast?: string; properties?: object }): Promise<boolean | undefined>
  stop(): Promise<void>
}

/** mulberry32: small, seeded, good enough to draw delays and choices from. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** As the way ahead of the framework asks. */
function atOnce(...asked: Parameters<typeof evaluateAtOnce>): EvaluationResponse | undefined {
  try {
    const text = evaluateAtOnce(...asked)
    return text === undefined ? undefined : (JSON.parse(text) as EvaluationResponse)
  } catch {
    return undefined
  }
}

/** Shows each event only after its delay, and never one before an earlier one. */
function delayed(client: SpineClient, delayMs: () => number): SpineClient {
  const visibleAtMs: number[] = []
  return {
    ...client,
    async changes(asked) {
      const page = await client.changes(asked)
      const nowMs = performance.now()
      while (visibleAtMs.length < page.head) visibleAtMs.push(Math.max(visibleAtMs.at(-1) ?? 0, nowMs + delayMs()))
      let head = page.head
      while (head > 0 && (visibleAtMs[head - 1] as number) > nowMs) head -= 1
      // What another replica has put into the database both share is known here, whenever the news arrives.
      if (asked.after <= page.head) head = Math.max(head, asked.after)
      return {
        ...page,
        head,
        events: page.events.filter(({ position }) => position <= head),
        scanned_to: Math.min(page.scanned_to, Math.max(head, asked.after)),
      }
    },
  }
}

export async function startDelayedPdp(o: {
  seed: number
  mostMs: number
  db: Db
  system: Db
  spine: Spine
  identity: SpineClient
  orgs: SpineClient
  tokens: SpineClient
}): Promise<DelayedPdp> {
  const draw = seeded(o.seed)
  const late = (client: SpineClient) => delayed(client, () => draw() * o.mostMs)
  // Nobody answers there: this replica learns by asking alone, so nothing reaches it earlier than its delay.
  const nats = connectNats({ url: 'nats://127.0.0.1:9', name: 'delayed', log, keys: eventKeysOf('authz') })
  const shared = {
    system: o.system,
    nats,
    log,
    clock: systemClock,
    factCache: createFactCache({ db: o.db }),
    pollMs: 10,
  }
  const itself = createLocalClient({ spine: o.spine, system: o.system, snapshots })
  const following = {
    identity: followIdentity({ ...shared, client: late(o.identity) }),
    orgs: followOrgs({ ...shared, client: late(o.orgs) }),
    tokens: followTokens({ ...shared, client: late(o.tokens) }),
    own: followOwnWrites({ ...shared, client: late(itself) }),
  }
  for (const follower of Object.values(following)) follower.start()
  await Promise.all(Object.values(following).map((follower) => follower.pollNow()))
  const deps: EvaluatingDeps = {
    factCache: shared.factCache,
    following,
    clock: systemClock,
    decisions: { note: () => {} },
    denials: { note: () => {} },
  }
  /** Who asks again does so with the same token, so what is kept of an asker has a part in it. */
  const callers = new WeakMap<Member, MemberCaller>()
  return {
    async ask(member, { action, atLeast, properties }) {
      const context = atLeast === undefined ? {} : { context: { at_least: atLeast } }
      const request = {
        subject: { type: 'user', id: member.id },
        action: { name: action },
        resource: { type: 'invoice', id: '1', properties: properties as Record<string, unknown> },
        ...context,
      }
      try {
        const caller = callers.get(member) ?? callerOf(member)
        callers.set(member, caller)
        return (
          atOnce(deps, { caller, body: request, clientAddress: undefined }) ?? (await evaluate(deps, caller, request))
        ).decision
      } catch {
        return undefined
      }
    },
    async stop() {
      await Promise.allSettled(Object.values(following).map((follower) => follower.stop()))
      await nats.close()
    },
  }
}

/** The asker's own token names an old membership, so nothing but `at_least` makes anybody wait. */
function callerOf(member: Member): MemberCaller {
  const seconds = Math.floor(Date.now() / 1000)
  const claims = {
    iss: '',
    aud: '',
    sub: member.id,
    client_id: 'web',
    iat: seconds,
    exp: seconds + 300,
    auth_time: seconds,
    jti: '',
    sid: '',
    sv: 1,
    uv: 1,
    amr: ['pwd'],
    acr: '1',
    org_id: member.orgId,
    mid: member.membershipId,
    ov: 1,
    mv: 1,
  }
  return {
    kind: 'user',
    userId: member.id,
    sessionId: '',
    clientId: 'web',
    orgId: member.orgId,
    membershipId: member.membershipId,
    claims,
    accessToken: '',
  }
}
