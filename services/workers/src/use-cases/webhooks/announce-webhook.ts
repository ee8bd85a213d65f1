/** Announces what became of an endpoint, in the transaction that did it. */
import type { Actor, EventContract } from '@gatehouse/contracts/events/envelope'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Static } from 'typebox'

type About = { id: string; orgId: string | null }

export const announceWebhook = <C extends EventContract>(
  tx: Queryable,
  o: { endpoint: About & { version: number }; contract: C; actor: Actor; data: Static<C['data']> },
): Promise<void> =>
  appendEvent(tx, {
    contract: o.contract,
    aggregateType: 'webhook',
    aggregateId: o.endpoint.id,
    version: o.endpoint.version,
    ...(o.endpoint.orgId !== null && { orgId: o.endpoint.orgId }),
    actor: o.actor,
    data: o.data,
  })

/** What is told of a change, with its reason where one was asked for. */
export const aboutChange = (endpoint: About, { reason }: { reason?: string }) => ({
  ...aboutWebhook(endpoint),
  ...(reason !== undefined && { reason }),
})

export const aboutWebhook = ({ id, orgId }: About) => ({
  webhook_id: id,
  ...(orgId !== null && { organization_id: orgId }),
})
