/** A ready gateway and somebody who asks it, as most tests want them. */
import { readinessOf } from '@gatehouse/service-kit/health/checks'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { readiness } from '../../src/readiness.ts'
import { startGateway, type FakePlatform } from './fake-platform.ts'

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

export const asked =
  (base: string) =>
  async (path: string, init: RequestInit & { token?: string } = {}): Promise<Answer> => {
    const { token, ...rest } = init
    const response = await fetch(base + path, {
      ...rest,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(rest.headers as Record<string, string>) },
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
    }
  }

export async function ready(
  t: Parameters<typeof startGateway>[0],
  env: Record<string, string> = {},
  routes?: Parameters<typeof startGateway>[2],
  beforehand: (platform: FakePlatform) => void = () => {},
) {
  const gateway = await startGateway(t, { GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '0', ...env }, routes)
  beforehand(gateway.platform)
  gateway.deps.floors.start()
  await waitUntil('the gateway is ready', async () => readinessOf(await readiness(gateway.deps)).status !== 'not ready')
  return { ...gateway, ask: asked(gateway.url) }
}
