/**
 * The one door to NATS. A link connects when it can and for ever tries again; nothing here throws because NATS is away,
 * since PostgreSQL is the truth and JetStream only its fast copy. What was in flight at a disconnect is the caller's to
 * send again.
 */
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import type { ReadyCheck } from '@gatehouse/service-kit/health/checks'
import { watchDependency } from '@gatehouse/service-kit/health/dependency'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { signatureHeader, type EventKeys, type EventVerifier } from './event-signature.ts'

export type NatsSession = { connection: NatsConnection; client: JetStreamClient; manager: JetStreamManager }

export type NatsLink = {
  status(): 'connected' | 'disconnected'
  /** Degraded while NATS does not answer. */
  check(): ReadyCheck
  /** The live connection; undefined while NATS is away. */
  session(): NatsSession | undefined
  /** Called at once when connected, then at every reconnection. Returns how to stop listening. */
  onConnect(listener: () => void): () => void
  /**
   * Publishes to JetStream, in order, each under its message id and all under one signature of this service. Each
   * promise resolves with the acknowledgement of its message, which does not imply fsync.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<void>[]
  /** Tells which events on the bus their producer has signed. */
  verifier: EventVerifier
  /** Streams, subjects and durable names of this link as the server knows them. */
  scoped: NatsNames
  close(): Promise<void>
}

export type OutgoingMessage = { subject: string; id: string; payload: string }

export type NatsNames = { stream(name: string): string; subject(subject: string): string }

const retryMs = 500
/** An acknowledgement that takes longer is forgotten and the message published again under the same id. */
const ackTimeoutMs = 2000

/**
 * `url`: `nats://user:password@host:4222`, several separated by commas. A path is a namespace: `nats://host:4222/blue`
 * keeps streams and subjects apart from other deployments on the same server. Returns at once.
 */
export function connectNats(options: { url: string; name: string; log: Logger; keys: EventKeys }): NatsLink {
  const target = parseUrl(options.url)
  const listeners = new Set<() => void>()
  let session: NatsSession | undefined
  const keeper = keepConnected({
    connect: () => connect({ ...target.options, name: options.name }),
    log: options.log,
    onChange: (live) => {
      session = live
      if (live !== undefined) for (const listener of [...listeners]) listener()
    },
  })
  const dependency = watchDependency({
    name: 'nats',
    probe: () => session?.connection.rtt() ?? Promise.reject(new Error('not connected')),
    log: options.log,
  })
  return {
    status: () => (session === undefined ? 'disconnected' : 'connected'),
    check: dependency.check,
    session: () => session,
    onConnect: (listener) => {
      listeners.add(listener)
      if (session !== undefined) listener()
      return () => void listeners.delete(listener)
    },
    publish: (messages) => {
      const signatures = session === undefined ? [] : options.keys.signer.sign(messages.map(({ payload }) => payload))
      return messages.map((message, at) => publishOne(session, target.names, { ...message, signature: signatures[at] }))
    },
    verifier: options.keys.verifier,
    scoped: target.names,
    close: () => {
      dependency.stop()
      return keeper.close()
    },
  }
}

async function publishOne(
  session: NatsSession | undefined,
  names: NatsNames,
  { subject, id, payload, signature }: OutgoingMessage & { signature: string | undefined },
): Promise<void> {
  if (session === undefined || signature === undefined) throw new Error('NATS is not connected')
  const signed = headers()
  signed.set(signatureHeader, signature)
  const settings = { msgID: id, timeout: ackTimeoutMs, retries: 1, headers: signed }
  await session.client.publish(names.subject(subject), payload, settings)
}

/** Connects, watches, and connects again, until it is closed. */
function keepConnected(o: {
  connect(): Promise<NatsConnection>
  log: Logger
  onChange(session: NatsSession | undefined): void
}) {
  let connection: NatsConnection | undefined
  let closed = false
  let retryNow = () => {}

  const up = async (live: NatsConnection) => {
    const manager = await jetstreamManager(live, { checkAPI: false, timeout: ackTimeoutMs })
    if (!closed && !live.isClosed())
      o.onChange({ connection: live, client: jetstream(live, { timeout: ackTimeoutMs }), manager })
  }
  const live = async () => {
    const opened = await o.connect()
    connection = opened
    if (closed) return opened.close()
    void up(opened)
    for await (const change of opened.status()) {
      if (change.type === 'disconnect' || change.type === 'staleConnection') o.onChange(undefined)
      if (change.type === 'reconnect') void up(opened)
    }
  }
  const run = async () => {
    while (!closed) {
      await live().catch((error: unknown) => o.log.debug({ reason: describeFailure(error) }, 'NATS is not reachable'))
      o.onChange(undefined)
      if (!closed) await new Promise<void>((resolve) => (retryNow = resolveAfter(retryMs, resolve)))
    }
  }
  void run()
  return {
    close: async () => {
      closed = true
      o.onChange(undefined)
      retryNow()
      await connection?.close()
    },
  }
}

/** Calls `resolve` after a while; the returned function calls it now. */
function resolveAfter(waitMs: number, resolve: () => void): () => void {
  const timer = setTimeout(resolve, waitMs)
  return () => {
    clearTimeout(timer)
    resolve()
  }
}

function parseUrl(url: string) {
  const urls = url.split(',').map((one) => new URL(one.trim()))
  const [first] = urls
  const namespace = decodeURIComponent(first?.pathname.replaceAll('/', '') ?? '')
  if (!/^[a-z0-9-]*$/.test(namespace))
    throw new Error('The path of NATS_URL is a namespace: lower case, digits and dashes')
  const names: NatsNames = {
    stream: (name) => (namespace === '' ? name : `${namespace.toUpperCase()}_${name}`),
    subject: (subject) => (namespace === '' ? subject : `${namespace}.${subject}`),
  }
  const options = {
    servers: urls.map((one) => one.host),
    ...(first?.username ? { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) } : {}),
    ...(first?.protocol === 'tls:' ? { tls: {} } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    // A hung server is noticed after two missed pings; readers notice earlier by their poll.
    pingInterval: 2000,
    maxPingOut: 2,
    timeout: 2000,
    ignoreAuthErrorAbort: true,
    // The server lets a user read answers under its own name only.
    ...(first?.username ? { inboxPrefix: `_INBOX_${decodeURIComponent(first.username)}` } : {}),
    noAsyncTraces: true,
  }
  return { options, names }
}
