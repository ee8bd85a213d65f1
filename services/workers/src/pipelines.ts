/**
 * The pipelines this process runs: what each listens to and, where it sends something, the queue, worker and sweeper
 * that do it.
 */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { PipelineName } from '@gatehouse/contracts/jobs/contract'
import { createConsumer } from '@gatehouse/spine/consume/consumer'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import { createJobQueue } from '@gatehouse/service-kit/jobs/queue'
import { createSweeper } from '@gatehouse/service-kit/jobs/sweeper'
import { createJobWorker } from '@gatehouse/service-kit/jobs/worker'
import { createResealing } from '@gatehouse/service-kit/secrets/reseal'
import { createUpkeep, type Part } from '@gatehouse/service-kit/concurrency/background'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import {
  alertSubscription,
  auditSubscription,
  logoutSubscription,
  mailSubscription,
  notificationSubscription,
  webhookSubscription,
  type Subscription,
} from './events/subscriptions.ts'
import type { MailPipeline } from './mails/mail.ts'
import { webhookProcessor } from './processors/deliver-webhook.ts'
import { mailProcessor } from './processors/mail-processor.ts'
import { logoutProcessor } from './processors/notify-logout.ts'
import { keepAlerts } from './use-cases/alerts/keep-alerts.ts'
import { learnOwners } from './use-cases/alerts/learn-owners.ts'
import { coverAllChains } from './use-cases/audit/make-checkpoint.ts'
import { sealAudit } from './use-cases/audit/seal-audit.ts'
import { keepNotifications } from './use-cases/notifications/keep-notifications.ts'
import { keepDeliveries } from './use-cases/webhooks/keep-deliveries.ts'
import { sealedSecrets } from './use-cases/webhooks/sealed-secrets.ts'

type Settings = Pick<
  Config,
  'WORKERS_PIPELINES' | 'REDIS_URL' | 'QUEUE_PREFIX' | 'JOBS_SWEEP_SECONDS' | 'AUDIT_CHECKPOINT_SECONDS'
>

/** The parts of the pipelines this process runs. */
export const createPipelines = (deps: Deps, settings: Settings): Part[] =>
  settings.WORKERS_PIPELINES.flatMap((name) => {
    if (name === 'logout') return logoutParts(deps, settings)
    if (name === 'audit') return auditParts(deps, settings)
    return name === 'webhook' ? webhookParts(deps, settings) : mailParts(deps, name, settings)
  })

/** A record has its link this long after it was written, give or take a batch. */
const sealEveryMs = 2000
/** Old rows go, and what is due by the clock begins. */
const keepEveryMs = 60_000

const auditParts = (deps: Deps, { AUDIT_CHECKPOINT_SECONDS }: Settings): Part[] => [
  consumerOf(deps, auditSubscription(deps)),
  createUpkeep({ name: 'audit links', run: () => sealAudit(deps), everyMs: sealEveryMs, log: deps.log }),
  createResealing({ kind: 'audit_keys', log: deps.log, ...deps.whereabouts.sealedKeys(deps.system) }),
  createUpkeep({
    name: 'audit checkpoints',
    run: () => coverAllChains(deps),
    everyMs: AUDIT_CHECKPOINT_SECONDS * 1000,
    log: deps.log,
  }),
]

function mailParts(deps: Deps, pipeline: MailPipeline, settings: Settings): Part[] {
  const { queue, place, parts } = queueParts(deps, pipeline, settings)
  return [
    ...parts,
    createJobWorker({ ...place, processors: [mailProcessor(deps)] }),
    consumerOf(deps, mailSubscription(pipeline, queue)),
    ...(pipeline === 'mail' ? notificationParts(deps) : alertParts(deps)),
  ]
}

/** Notifications are read where they are stored; only the daily mail of them is a job, and of this pipeline. */
const notificationParts = (deps: Deps): Part[] => [
  consumerOf(deps, notificationSubscription),
  createUpkeep({ name: 'notifications', run: () => keepNotifications(deps), everyMs: keepEveryMs, log: deps.log }),
]

const alertParts = (deps: Deps): Part[] => [
  consumerOf(deps, alertSubscription),
  createUpkeep({ name: 'alerts', run: () => keepAlerts(deps), everyMs: keepEveryMs, log: deps.log }),
  createUpkeep({ name: 'owners', run: () => learnOwners(deps), everyMs: keepEveryMs, log: deps.log }),
]

/** Receivers answer slowly: more of them at once than mails. */
const webhooksAtOnce = 32

const sealedColumns = [
  { kind: 'webhook_secrets', column: 'secret_sealed' },
  { kind: 'webhook_secrets_before', column: 'previous_secret_sealed' },
] as const

function webhookParts(deps: Deps, settings: Settings): Part[] {
  const { queue, place, parts } = queueParts(deps, 'webhook', settings)
  return [
    ...parts,
    createJobWorker({
      ...place,
      processors: [webhookProcessor(deps, queue.announce)],
      concurrency: webhooksAtOnce,
      retryDelayMs: deps.webhooks.retryDelayMs,
    }),
    ...sealedColumns.map(({ kind, column }) =>
      createResealing({ kind, log: deps.log, ...sealedSecrets(deps, column) }),
    ),
    createUpkeep({ name: 'webhook deliveries', run: () => keepDeliveries(deps), everyMs: keepEveryMs, log: deps.log }),
    consumerOf(deps, webhookSubscription(queue)),
  ]
}

/** A sign-in that ends may have many clients, and each of them answers in its own time. */
const logoutsAtOnce = 32

function logoutParts(deps: Deps, settings: Settings): Part[] {
  const { queue, place, parts } = queueParts(deps, 'logout', settings)
  return [
    ...parts,
    createJobWorker({ ...place, processors: [logoutProcessor(deps)], concurrency: logoutsAtOnce }),
    consumerOf(deps, logoutSubscription(queue)),
  ]
}

function queueParts({ system, log }: Deps, pipeline: PipelineName, settings: Settings) {
  const place = { pipeline, redisUrl: settings.REDIS_URL, prefix: settings.QUEUE_PREFIX, system, log }
  const queue = createJobQueue(place)
  const parts: Part[] = [
    { start: () => undefined, stop: queue.close },
    createSweeper({ queue, everyMs: settings.JOBS_SWEEP_SECONDS * 1000, log }),
  ]
  return { queue, place, parts }
}

function consumerOf(deps: Deps, subscription: Subscription): Part {
  const { system, nats, log, clock } = deps
  const { consumer: name, producers, ...effects } = subscription
  const feeds: Partial<Record<ServiceName, SpineClient>> = deps.feeds
  return createConsumer({
    ...effects,
    ...{ name, system, nats, log, clock },
    producers: producers.map((producer) => {
      const client = feeds[producer]
      if (client === undefined) throw new Error(`no feed of ${producer}`)
      return { name: producer, client }
    }),
  })
}
