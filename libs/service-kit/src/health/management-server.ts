/**
 * The management port: /livez /readyz /startupz /metrics, never reachable through the gateway.
 * Plain node:http, so that it answers even when the service's own server is drowning.
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import { redactText } from '../logging/redaction.ts'
import { serveMetrics } from '../telemetry/metrics.ts'
import { readinessOf, type ReadyCheck } from './checks.ts'

export type ManagementState = {
  /** All connections are being given up: not ready any more, still alive. */
  isDraining(): boolean
  isStarted(): boolean
  ready(): Promise<readonly ReadyCheck[]>
}

export function createManagementServer(state: ManagementState): Server {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]
    if (request.method !== 'GET') return answer(response, 405, { status: 'method not allowed' })
    if (path === '/livez') return answer(response, 200, { status: 'alive' })
    if (path === '/startupz')
      return answer(response, state.isStarted() ? 200 : 503, { status: state.isStarted() ? 'started' : 'starting' })
    if (path === '/metrics') return serveMetrics(request, response)
    if (path === '/readyz') return void answerReady(state, response)
    answer(response, 404, { status: 'not found' })
  })
  server.headersTimeout = 5000
  server.requestTimeout = 5000
  return server
}

async function answerReady(state: ManagementState, response: ServerResponse): Promise<void> {
  if (!state.isStarted()) return answer(response, 503, { status: 'starting', checks: [] })
  if (state.isDraining()) return answer(response, 503, { status: 'draining', checks: [] })
  const checks = await state
    .ready()
    .catch((err: unknown): ReadyCheck[] => [
      { name: 'readiness', ok: false, reason: err instanceof Error ? err.message : 'failed' },
    ])
  const { status } = readinessOf(checks)
  const shown = checks.map((one) => ({
    ...one,
    ...(one.reason === undefined ? {} : { reason: redactText(one.reason) }),
  }))
  answer(response, status === 'not ready' ? 503 : 200, { status, checks: shown })
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
    })
    .end(text)
}
