/**
 * Forged events, one of each kind, published on the real bus by somebody who may publish anything: what a stolen NATS
 * password allows. Each is the given event with `changed` data under a position and id of its own choosing; none is
 * signed by its producer.
 */
import { headers } from '@nats-io/transport-node'
import { streamOf } from '@gatehouse/contracts/events/streams'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { generateServiceKey } from '@gatehouse/access/tokens/assertion'
import { createEventSigner, signatureHeader } from '@gatehouse/spine/nats/event-signature'
import type { NatsLink } from '@gatehouse/spine/nats/connection'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { eventKeysOf } from './service-keys.ts'
import { waitUntil } from './wait-until.ts'

type Forged = { subject: string; payload: string; signature?: string | undefined }

export const forgeryKinds = [
  'unsigned',
  'empty signature',
  'garbage for a signature',
  'signed with an unknown key under the kid of its producer',
  'signed by another service',
  'changed under the signature of a true event',
  'a path that leads nowhere',
  'a true event under another subject',
  'not JSON',
  'JSON that is no event',
] as const

/** What each kind looks like. `genuine` is a signed message as it stands in the stream. */
function forge(o: {
  kind: (typeof forgeryKinds)[number]
  producer: ServiceName
  forged: EventEnvelope
  genuine: { payload: string; signature: string }
  impostorSignature: string
}): Forged {
  const { forged, genuine } = o
  const plain = { subject: forged.type, payload: JSON.stringify(forged) }
  const kid = genuine.signature.split('.', 1)[0]
  switch (o.kind) {
    case 'unsigned':
      return plain
    case 'empty signature':
      return { ...plain, signature: '' }
    case 'garbage for a signature':
      return { ...plain, signature: `${kid}.0.1.${'A'.repeat(86)}.` }
    case 'signed with an unknown key under the kid of its producer': {
      const { privateJwk } = generateServiceKey(o.producer)
      return { ...plain, signature: createEventSigner({ ...privateJwk, kid: kid ?? '' }).sign([plain.payload])[0] }
    }
    case 'signed by another service':
      return { ...plain, signature: o.impostorSignature }
    case 'changed under the signature of a true event':
      return { ...plain, signature: genuine.signature }
    case 'a path that leads nowhere':
      return { ...plain, signature: genuine.signature.replace(/\.0\.1\.([^.]+)\.$/, `.0.4.$1.${'A'.repeat(86)}`) }
    case 'a true event under another subject':
      return { subject: forged.type.replace(/\.[^.]+\.v\d+$/, '.relabelled.v1'), ...genuine }
    case 'not JSON':
      return { subject: forged.type, payload: 'true', signature: undefined }
    case 'JSON that is no event':
      return { subject: forged.type, payload: '{"position":1,"epoch":"x"}', signature: o.impostorSignature }
  }
}

/**
 * Publishes a forgery of each kind. `genuine` is an event of the producer; `forged` is what a forger would like to be
 * believed. Resolves when every reader of the producer's stream has been given all of it.
 */
export async function publishForgeries(o: {
  link: NatsLink
  producer: ServiceName
  genuine: EventEnvelope
  forged(i: number): EventEnvelope
}): Promise<void> {
  const stream = o.link.scoped.stream(streamOf(o.producer))
  const { connection, manager } = o.link.session() as NonNullable<ReturnType<NatsLink['session']>>
  const readers = () => manager.consumers.list(stream).next()
  await waitUntil('somebody reads the stream', async () => (await readers().catch(() => [])).length > 0)
  const signAs = (service: ServiceName, payload: string) => eventKeysOf(service).signer.sign([payload])[0] ?? ''
  const impostor = o.producer === 'workers' ? 'orgs' : 'workers'
  const payload = JSON.stringify(o.genuine)
  for (const [i, kind] of forgeryKinds.entries()) {
    const forged = o.forged(i)
    const impostorSignature = signAs(impostor, JSON.stringify(forged))
    const genuine = { payload, signature: signAs(o.producer, payload) }
    const message = forge({ kind, producer: o.producer, forged, genuine, impostorSignature })
    const head = headers()
    if (message.signature !== undefined) head.set(signatureHeader, message.signature)
    head.set('Nats-Msg-Id', newId('evt'))
    connection.publish(o.link.scoped.subject(message.subject), message.payload, { headers: head })
  }
  await connection.flush()
  await waitUntil('every reader was given all of them', async () =>
    (await readers()).every(({ num_pending, num_ack_pending }) => num_pending === 0 && num_ack_pending === 0),
  )
}
