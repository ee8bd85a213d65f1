/**
 * A JetStream subscription that is thrown away and built anew at the first doubt: at a reconnection, when the server
 * says the consumer or stream is gone, when heartbeats stop, or when its owner says so. The client's own recovery is
 * not waited for: it heals late or never.
 */
import type { ConsumerMessages, ConsumerNotification, JsMsg } from '@nats-io/jetstream'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { inRounds } from './arrivals.ts'
import type { NatsLink, NatsSession } from './connection.ts'

export type Subscription = {
  /** Throws the consumer away and builds another. */
  rebuild(reason: string): void
  stop(): void
}

type SubscribeOptions = {
  name: string
  link: NatsLink
  log: Logger
  /** Makes the consumer and starts it; everything it delivers goes to `onMessage`. */
  open(session: NatsSession, onMessage: (message: JsMsg) => void): Promise<ConsumerMessages>
  onMessage(message: JsMsg): void
  /** After each successful build: whatever was published before it may not come. */
  onOpen(): void
}

const firstRetryMs = 100
const longestRetryMs = 5000
const doubtful = new Set(['consumer_deleted', 'consumer_not_found', 'stream_not_found', 'no_responders'])
const isDoubtful = (notice: ConsumerNotification): boolean =>
  doubtful.has(notice.type) || (notice.type === 'heartbeats_missed' && notice.count >= 2)

export function subscribe(o: SubscribeOptions): Subscription {
  const backoff = createBackoff()
  /** A build and its messages belong to a generation; what comes from an older one is ignored. */
  let generation = 0
  let messages: ConsumerMessages | undefined
  let stopped = false

  const drop = () => {
    generation += 1
    backoff.cancel()
    discard(messages)
    messages = undefined
  }
  const build = async () => {
    drop()
    const mine = generation
    const session = stopped ? undefined : o.link.session()
    if (session === undefined) return
    try {
      const take = (message: JsMsg): void => void (mine === generation && o.onMessage(message))
      const opened = await o.open(session, inRounds(take))
      if (mine !== generation) return discard(opened)
      messages = opened
      backoff.reset()
      void firstDoubt(opened).then((reason) => void (mine === generation && rebuild(reason)))
      o.onOpen()
    } catch (error) {
      if (mine !== generation) return
      o.log.debug({ subscription: o.name, reason: describeFailure(error) }, 'subscription could not be built')
      backoff.schedule(build)
    }
  }
  const rebuild = (reason: string) => {
    if (stopped) return
    o.log.debug({ subscription: o.name, reason }, 'subscription is built anew')
    drop()
    backoff.schedule(build)
  }
  const stopListening = o.link.onConnect(() => {
    backoff.reset()
    void build()
  })
  return {
    rebuild,
    stop: () => {
      stopped = true
      stopListening()
      drop()
    },
  }
}

/** What the server or the client says against it, whenever that is. */
async function firstDoubt(messages: ConsumerMessages): Promise<string> {
  for await (const notice of messages.status()) if (isDoubtful(notice)) return notice.type
  return 'closed'
}

const discard = (messages: ConsumerMessages | undefined) => void messages?.close().catch(() => {})

function createBackoff() {
  let timer: NodeJS.Timeout | undefined
  let waitMs = firstRetryMs
  return {
    schedule: (run: () => Promise<void>) => {
      timer = setTimeout(() => void run(), waitMs)
      timer.unref()
      waitMs = Math.min(waitMs * 2, longestRetryMs)
    },
    cancel: () => clearTimeout(timer),
    reset: () => {
      waitMs = firstRetryMs
    },
  }
}
