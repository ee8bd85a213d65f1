/**
 * The services behind the gateway as one real HTTP server: it answers the questions of the spine from memory and echoes
 * everything else, after checking the gateway's assertion like a service does.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { createLogger } from '@gatehouse/service-kit/logging/logger'
import { loadConfig } from '@gatehouse/service-kit/config/load'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import {
  assertionsOf,
  keySettingsOf,
  mintAccessToken,
  orgClaims,
  publishedJwks,
} from '@gatehouse/test-kit/service-keys'
import { verifyAssertion } from '@gatehouse/test-kit/verify-token'
import type { Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { config } from '../../src/config.ts'
import { openDeps } from '../../src/deps.ts'

export const issuer = 'http://127.0.0.1:8080'

export const mintToken = (claims: Record<string, unknown> = {}, header?: Record<string, unknown>): string =>
  mintAccessToken({ iss: issuer, ...claims }, header)

export const inOrganization = orgClaims

type Producer = { epoch: string; events: object[]; snapshot: object[]; isDown: boolean }
export type Echo = { service: string; method: string; url: string; headers: Record<string, string>; body: string }

export type FakePlatform = {
  producers: Record<string, Producer>
  jwksIsDown: boolean
  /** Requests that were passed on, newest last. */
  passed: Echo[]
  /** What the gateway has written to its log, newest last. */
  lines: Record<string, unknown>[]
  /** Overrides the echo. */
  answer: ((echo: Echo, response: ServerResponse) => void) | undefined
  announce(producer: string, type: string, data: object): void
}

const names = ['identity', 'tokens', 'orgs', 'authz', 'workers', 'pages'] as const
const verifiers = new Map(names.map((name) => [`service:${name}`, { name, verifier: assertionsOf(name) }]))

/** The service that the gateway called, if its assertion is good. */
async function service(request: IncomingMessage): Promise<ServiceName | undefined> {
  const assertion = String(request.headers.authorization).slice(7)
  try {
    const { aud } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
    const called = verifiers.get(aud)
    const asked = { method: request.method ?? '', path: request.url ?? '' }
    return called && (await verifyAssertion(called.verifier, assertion, asked)) === 'gateway' ? called.name : undefined
  } catch {
    return undefined
  }
}

/** A running gateway in front of fake services; NATS and Redis are away unless `env` says otherwise. */
export async function startGateway(
  t: Test,
  env: Record<string, string> = {},
  routes: readonly RouteContract[] = publicRoutes,
) {
  const producer = (): Producer => ({ epoch: randomUUID(), events: [], snapshot: [], isDown: false })
  const platform: FakePlatform = {
    producers: { identity: producer(), tokens: producer(), orgs: producer() },
    jwksIsDown: false,
    passed: [],
    lines: [],
    answer: undefined,
    announce(name, type, data) {
      const { events, epoch } = this.producers[name] as Producer
      const id = newId('evt')
      events.push({
        specversion: '1.0',
        id,
        source: `/gatehouse/${name}`,
        type: `gatehouse.${name}.${type}`,
        subject: newId('x'),
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data,
        position: events.length + 1,
        version: 1,
        epoch,
        correlationid: id,
      })
    },
  }
  const server = createServer((request, response) => {
    serve(platform, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const peers = Object.fromEntries(
    ['IDENTITY', 'TOKENS', 'ORGS', 'AUTHZ', 'WORKERS', 'PAGES'].map((name) => [`${name}_URL`, address]),
  )
  const settings = loadConfig(config, {
    GATEHOUSE_ENV: 'development',
    GATEHOUSE_ISSUER: issuer,
    ...keySettingsOf('gateway'),
    NATS_URL: 'nats://127.0.0.1:9',
    REDIS_URL: 'redis://127.0.0.1:9',
    ...peers,
    ...env,
  })
  const write = (line: string): void => void platform.lines.push(JSON.parse(line) as Record<string, unknown>)
  const log = createLogger({ name: 'gateway', destination: { write } })
  const deps = openDeps(settings, { log, clock: systemClock })
  const app = await buildApp(deps, routes)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await app.close()
    await deps.floors.stop()
    await deps.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { app, deps, platform, server, url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` }
}

async function serve(platform: FakePlatform, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const name = await service(request)
  const json = (status: number, body: object): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (name === undefined) return json(401, { code: 'unauthenticated' })
  const url = new URL(request.url ?? '', 'http://x')
  const producer = platform.producers[name]
  if (url.pathname.startsWith('/internal/') && producer?.isDown) return void request.socket.destroy()
  if (url.pathname === '/internal/jwks') {
    if (platform.jwksIsDown) return void request.socket.destroy()
    return json(200, publishedJwks)
  }
  if (url.pathname === '/internal/changes' && producer) {
    const after = Math.min(Number(url.searchParams.get('after')), producer.events.length)
    return json(200, {
      epoch: producer.epoch,
      head: producer.events.length,
      after,
      events: producer.events.slice(after),
      scanned_to: producer.events.length,
    })
  }
  if (url.pathname === '/internal/snapshot' && producer) {
    const lines = [{ epoch: producer.epoch, position: producer.events.length }, ...producer.snapshot, { end: true }]
    return void response
      .writeHead(200, { 'content-type': 'application/x-ndjson' })
      .end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }
  const echo = {
    service: name,
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  }
  platform.passed.push(echo)
  if (platform.answer) platform.answer(echo, response)
  else json(200, echo)
}
