/** Which events each pipeline takes, from whom, and what it does with them inside the inbox transaction. */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { subjectsOf } from '@gatehouse/contracts/events/streams'
import { SessionEnded } from '@gatehouse/contracts/events/tokens/session'
import { PipelineName } from '@gatehouse/contracts/jobs/contract'
import { recordJob, type JobQueue } from '@gatehouse/service-kit/jobs/queue'
import type { ConsumerOptions } from '@gatehouse/spine/consume/consumer'
import type { Effects } from '@gatehouse/spine/dead-letters/dead-letters'
import type { MailPipeline } from '../mails/mail.ts'
import { mails } from '../mails/mails.ts'
import type { Whereabouts } from '../providers/whereabouts.ts'
import { alertingTypes, alertsOfNoNews, recordAlerts } from '../use-cases/alerts/record-alerts.ts'
import { auditLinesOf, recordAuditEvents } from '../use-cases/audit/record-audit-events.ts'
import { isNoticeDue, notifyingTypes, recordNotifications } from '../use-cases/notifications/record-notifications.ts'
import { isDeliverable, recordDeliveries, unheard } from '../use-cases/webhooks/record-deliveries.ts'
import { createPlatformEar } from '../use-cases/webhooks/platform-ear.ts'
import { isMailDue, onMailDue } from './on-mail-due.ts'
import { isClientTold, onSessionEnded } from './on-session-ended.ts'

export type Subscription = {
  pipeline: PipelineName
  /** The durable name: `<service>--<purpose>`. */
  consumer: string
  producers: readonly ServiceName[]
  /** Event types, or a prefix ending in `.>`. */
  subjects: readonly string[]
} & Pick<ConsumerOptions, 'concerns' | 'handle' | 'handleAll' | 'inOneStatement' | 'onCommitted'>

const everyProducer: readonly ServiceName[] = ['identity', 'tokens', 'orgs', 'authz', 'workers']

/** Who announces these. */
function producersOf(types: readonly string[]): ServiceName[] {
  return everyProducer.filter((name) => types.some((type) => type.startsWith(`gatehouse.${name}.`)))
}

/** What makes the mails of one pipeline due: their events, from the services that announce them. */
export function mailSubscription(pipeline: MailPipeline, queue: Pick<JobQueue, 'record' | 'announce'>): Subscription {
  const ours = mails.filter((mail) => mail.pipeline === pipeline)
  const subjects = [...new Set(ours.flatMap(({ eventType }) => eventType ?? []))]
  return {
    pipeline,
    consumer: `workers--${pipeline}`,
    producers: producersOf(subjects),
    subjects,
    concerns: (event) => isMailDue(ours, event),
    handle: (tx, event) => onMailDue({ queue, mails: ours }, tx, event),
    onCommitted: (event) => queue.announce(event.id),
  }
}

/** What people are told inside the product. It is stored where it is claimed, so nothing waits in a queue. */
export const notificationSubscription: Subscription = {
  pipeline: 'mail',
  consumer: 'workers--notification',
  producers: producersOf(notifyingTypes),
  subjects: notifyingTypes,
  concerns: isNoticeDue,
  handle: recordNotifications,
}

/** What the rules of alerts read. They store what they find where it is claimed; its mails are another consumer's. */
export const alertSubscription: Subscription = {
  pipeline: 'security-alert',
  consumer: 'workers--alert-rules',
  producers: producersOf(alertingTypes),
  subjects: alertingTypes,
  handle: (tx, event) => recordAlerts(tx, [event], (_, run) => run()),
  handleAll: recordAlerts,
  inOneStatement: async (_, events) => alertsOfNoNews(events),
}

/** Everything that happens, for the endpoints that listen to it. */
export const webhookSubscription = (
  queue: Pick<JobQueue, 'announce'>,
  platform = createPlatformEar(),
): Subscription => ({
  pipeline: 'webhook',
  consumer: 'workers--webhook',
  producers: everyProducer,
  subjects: everyProducer.map(subjectsOf),
  concerns: (event) => isDeliverable(event, platform),
  handle: recordDeliveries,
  inOneStatement: (db, events) => unheard(db, events, platform),
  onCommitted: (event) => queue.announce(event.id),
})

/** Sessions of clients that ended, so that each client is told. */
export const logoutSubscription = (queue: Pick<JobQueue, 'record' | 'announce'>): Subscription => ({
  pipeline: 'logout',
  consumer: 'workers--logout',
  producers: ['tokens'],
  subjects: [SessionEnded.type],
  concerns: isClientTold,
  handle: (tx, event) => onSessionEnded(queue, tx, event),
  onCommitted: (event) => queue.announce(event.id),
})

/** Every event of everybody: what is not known here is recorded all the same. */
export const auditSubscription = (deps: { whereabouts: Whereabouts }): Subscription => ({
  pipeline: 'audit',
  consumer: 'workers--audit',
  producers: everyProducer,
  subjects: everyProducer.map(subjectsOf),
  handle: (tx, event) => recordAuditEvents(deps, tx, [event]),
  handleAll: (tx, events) => recordAuditEvents(deps, tx, events),
  inOneStatement: (db, events) => auditLinesOf(deps, db, events),
})

/**
 * The effects of every pipeline, whichever this process runs. What a replay makes due is announced by the sweeper of
 * its pipeline.
 */
export const allEffects = (deps: { whereabouts: Whereabouts }): Effects[] =>
  [
    ...PipelineName.anyOf.map(({ const: pipeline }) => subscriptionOf(deps, pipeline)),
    notificationSubscription,
    alertSubscription,
  ].map(({ consumer, handle }) => ({ name: consumer, handle }))

function subscriptionOf(deps: { whereabouts: Whereabouts }, pipeline: PipelineName): Subscription {
  const announce = () => undefined
  if (pipeline === 'audit') return auditSubscription(deps)
  if (pipeline === 'webhook') return webhookSubscription({ announce })
  const queue: Pick<JobQueue, 'record' | 'announce'> = {
    record: (tx, due) => recordJob(tx, { ...due, pipeline }),
    announce,
  }
  return pipeline === 'logout' ? logoutSubscription(queue) : mailSubscription(pipeline, queue)
}
