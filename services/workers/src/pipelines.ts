/** The pipelines this process runs: what each listens to and, where it sends something, the queue, worker and sweeper that do it. */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { createConsumer } from '@gatehouse/spine/consume/consumer'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import { createJobQueue } from '@gatehouse/service-kit/jobs/queue'
import { createSweeper } from '@gatehouse/service-kit/jobs/sweeper'
import { createJobWorker } from '@gatehouse/service-kit/jobs/worker'
import type { Part } from '@gatehouse/service-kit/concurrency/background'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { auditSubscription, mailSubscription, type Subscription } from './events/subscriptions.ts'
import type { MailPipeline } from './mails/mail.ts'
import { mailProcessor } from './processors/send-mail.ts'

type Settings = Pick<Config, 'WORKERS_PIPELINES' | 'REDIS_URL' | 'QUEUE_PREFIX' | 'JOBS_SWEEP_SECONDS'>

/** The parts of the pipelines this process runs. */
export const createPipelines = (deps: Deps, settings: Settings): Part[] =>
  settings.WORKERS_PIPELINES.flatMap((name) =>
    name === 'audit' ? [consumerOf(deps, auditSubscription())] : sendingParts(deps, name, settings),
  )

function sendingParts(deps: Deps, pipeline: MailPipeline, settings: Settings): Part[] {
  const { system, log } = deps
  const place = { pipeline, redisUrl: settings.REDIS_URL, prefix: settings.QUEUE_PREFIX, system, log }
  const queue = createJobQueue(place)
  return [
    { start: () => undefined, stop: queue.close },
    createJobWorker({ ...place, processors: [mailProcessor(deps)] }),
    createSweeper({ queue, everyMs: settings.JOBS_SWEEP_SECONDS * 1000, log }),
    consumerOf(deps, mailSubscription(pipeline, queue)),
  ]
}

function consumerOf(deps: Deps, subscription: Subscription): Part {
  const { system, nats, log, clock } = deps
  const feeds: Partial<Record<ServiceName, SpineClient>> = deps.feeds
  return createConsumer({
    name: subscription.consumer,
    producers: subscription.producers.map((name) => {
      const client = feeds[name]
      if (client === undefined) throw new Error(`no feed of ${name}`)
      return { name, client }
    }),
    subjects: subscription.subjects,
    system,
    nats,
    log,
    clock,
    handle: subscription.handle,
    ...(subscription.onCommitted ? { onCommitted: subscription.onCommitted } : {}),
  })
}
