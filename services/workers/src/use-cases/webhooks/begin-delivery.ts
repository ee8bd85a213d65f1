/** Begins the next delivery of a lane: in one transaction it becomes the pending one and gets its job in the ledger. */
import { DeliverWebhook } from '@gatehouse/contracts/jobs/deliver-webhook.v1'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { insertLedgerEntry } from '@gatehouse/service-kit/jobs/ledger'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { beginNext, setJob, type Lane } from '../../store/webhook-deliveries.ts'

/** The event whose job was written; undefined when nothing waits, or something is pending. */
export async function beginDelivery(tx: Tx, lane: Lane): Promise<string | undefined> {
  const begun = await beginNext(tx, lane)
  if (begun === undefined) return undefined
  const context = currentContext()
  const jobId = await insertLedgerEntry(tx, {
    pipeline: 'webhook',
    eventId: begun.eventId,
    recipientKey: `${begun.id}:${begun.run}`,
    envelope: {
      name: DeliverWebhook.name,
      data: { delivery: begun.id },
      context: {
        correlation_id: context?.correlationId ?? newId('req'),
        causation_id: begun.eventId,
        ...(context?.traceparent === undefined ? {} : { traceparent: context.traceparent }),
      },
    },
  })
  if (jobId === undefined) throw new Error('A run of a delivery has a job already')
  await setJob(tx, { id: begun.id, jobId })
  return begun.eventId
}
