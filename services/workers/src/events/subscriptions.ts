/** Which events each pipeline takes, from whom, and what it does with them inside the inbox transaction. */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { EmailVerificationRequested } from '@gatehouse/contracts/events/identity/email-verification'
import { InvitationCreated } from '@gatehouse/contracts/events/orgs/invitation'
import { subjectsOf } from '@gatehouse/contracts/events/streams'
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import type { PipelineName } from '@gatehouse/contracts/jobs/contract'
import type { JobQueue } from '@gatehouse/service-kit/jobs/queue'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { recordAuditEvent } from '../use-cases/record-audit-event.ts'
import { onEmailVerificationRequested } from './on-email-verification-requested.ts'
import { onFamilyRevoked } from './on-family-revoked.ts'
import { onInvitationCreated } from './on-invitation-created.ts'

export type Subscription = {
  pipeline: PipelineName
  /** The durable name: `<service>--<purpose>`. */
  consumer: string
  producers: readonly ServiceName[]
  /** Event types, or a prefix ending in `.>`. */
  subjects: readonly string[]
  handle(tx: Tx, event: EventEnvelope): Promise<void>
  onCommitted?(event: EventEnvelope): void
}

export const mailSubscription = (queue: JobQueue): Subscription => ({
  pipeline: 'mail',
  consumer: 'workers--mail',
  producers: ['identity', 'orgs'],
  subjects: [EmailVerificationRequested.type, InvitationCreated.type],
  handle: (tx, event) =>
    event.type === InvitationCreated.type
      ? onInvitationCreated(queue, tx, event)
      : onEmailVerificationRequested(queue, tx, event),
  onCommitted: (event) => queue.announce(event.id),
})

export const securityAlertSubscription = (queue: JobQueue): Subscription => ({
  pipeline: 'security-alert',
  consumer: 'workers--security-alert',
  producers: ['tokens'],
  subjects: [FamilyRevoked.type],
  handle: (tx, event) => onFamilyRevoked(queue, tx, event),
  onCommitted: (event) => queue.announce(event.id),
})

const everyProducer: readonly ServiceName[] = ['identity', 'tokens', 'orgs', 'authz']

/** Every event of everybody: what is not known here is recorded all the same. */
export const auditSubscription = (): Subscription => ({
  pipeline: 'audit',
  consumer: 'workers--audit',
  producers: everyProducer,
  subjects: everyProducer.map(subjectsOf),
  handle: recordAuditEvent,
})
