/**
 * A JetStream subscription that is thrown away and built anew at the first doubt: at a reconnection, when the server says the consumer or
 * stream is gone, when heartbeats stop, or when its owner says so. The client's own recovery is not waited for: it heals late or never.
 */
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import type { Logger } from '../logging/logger.ts'
import { describeFailure } from '../postgres/errors.ts'
import type { NatsLink, NatsSession } from './nats.ts'

export type Subscription = {
  /** Whether messages can arrive now. */
  isOpen(): boolean
  /** Throws the consumer away and builds another. */
  rebuild(reason: string): void
  stop(): void
}

const firstRetryMs = 100
const longestRetryMs = 5000
const doubtful = new Set(['consumer_deleted', 'consumer_not_found', 'stream_not_found', 'no_responders'])

export function subscribe(o: {
  name: string
  link: NatsLink
  log: Logger
  /** Makes the consumer and starts it; everything it delivers goes to `onMessage`. */
  open(session: NatsSession, onMessage: (message: JsMsg) => void): Promise<ConsumerMessages>
  onMessage(message: JsMsg): void
  /** After each successful build: whatever was published before it may not come. */
  onOpen?(): void
}): Subscription {
  let generation = 0
  let messages: ConsumerMessages | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let retryMs = firstRetryMs

  const drop = () => {
    generation += 1
    const old = messages
    messages = undefined
    clearTimeout(timer)
    timer = undefined
    if (old !== undefined) void old.close().catch(() => {})
  }
  const retry = () => {
    timer = setTimeout(() => void build(), retryMs)
    timer.unref()
    retryMs = Math.min(retryMs * 2, longestRetryMs)
  }
  const build = async () => {
    drop()
    const mine = generation
    const session = o.link.session()
    if (stopped || session === undefined) return
    try {
      const opened = await o.open(session, (message) => {
        if (mine === generation) o.onMessage(message)
      })
      if (mine !== generation) return void opened.close().catch(() => {})
      messages = opened
      retryMs = firstRetryMs
      void watch(opened, mine)
      o.onOpen?.()
    } catch (error) {
      if (mine !== generation) return
      o.log.debug({ subscription: o.name, reason: describeFailure(error) }, 'subscription could not be built')
      retry()
    }
  }
  const watch = async (opened: ConsumerMessages, mine: number) => {
    for await (const notice of opened.status()) {
      if (mine !== generation) return
      if (doubtful.has(notice.type) || (notice.type === 'heartbeats_missed' && notice.count >= 2)) rebuild(notice.type)
    }
    if (mine === generation) rebuild('closed')
  }
  const rebuild = (reason: string) => {
    if (stopped) return
    o.log.debug({ subscription: o.name, reason }, 'subscription is built anew')
    drop()
    retry()
  }
  const stopListening = o.link.onConnect(() => {
    retryMs = firstRetryMs
    void build()
  })

  return {
    isOpen: () => messages !== undefined && o.link.status() === 'connected',
    rebuild,
    stop: () => {
      stopped = true
      stopListening()
      drop()
    },
  }
}
