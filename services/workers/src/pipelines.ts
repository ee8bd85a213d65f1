/** The pipelines this process runs: what each listens to and, where it sends something, the queue, worker and sweeper that do it. */
import { createConsumer } from '@gatehouse/spine/consume/consumer'
import { createJobQueue } from '@gatehouse/service-kit/jobs/queue'
import { createSweeper } from '@gatehouse/service-kit/jobs/sweeper'
import { createJobWorker } from '@gatehouse/service-kit/jobs/worker'
import { startPartitionUpkeep } from '@gatehouse/service-kit/postgres/partitions'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { auditSubscription, mailSubscription, type Subscription } from './events/subscriptions.ts'
import type { MailPipeline } from './mails/mail.ts'
import { mailProcessor } from './processors/send-mail.ts'

export type Pipelines = { start(): void; stop(): Promise<void> }

/** Something with a life: started in order, stopped in reverse. */
type Part = { start(): void; stop(): Promise<void> }

type Settings = Pick<Config, 'WORKERS_PIPELINES' | 'REDIS_URL' | 'QUEUE_PREFIX' | 'JOBS_SWEEP_SECONDS'>

/** Also keeps the partitions of this schema, whichever pipelines run. */
export function createPipelines(deps: Deps, settings: Settings): Pipelines {
  const parts = settings.WORKERS_PIPELINES.flatMap((name) =>
    name === 'audit' ? [consumerOf(deps, auditSubscription())] : sendingParts(deps, name, settings),
  )
  let upkeep: { stop(): void } | undefined
  return {
    start() {
      upkeep = startPartitionUpkeep({ db: deps.system, log: deps.log })
      for (const part of parts) part.start()
    },
    async stop() {
      upkeep?.stop()
      for (const part of [...parts].reverse()) await part.stop()
    },
  }
}

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
  const { system, nats, log, clock, feeds } = deps
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
