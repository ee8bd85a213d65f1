/** An application that people sign in to, as a server on this machine. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as openid from 'openid-client'
import { until, type Api } from '../platform/client.ts'
import { signIn as signInByApi } from '../platform/people.ts'
import type { PlatformFile } from '../platform/platform-file.ts'

/** Registered by an operator, as soon as the platform takes it. */
export async function registerApplication(
  api: Api,
  platform: PlatformFile,
  body: object,
): Promise<{ id: string; client_secret: string }> {
  const made = await until(
    'the application to be registered',
    async () => {
      const admin = await signInByApi(api, platform.admin).catch(() => undefined)
      if (admin === undefined) return undefined
      const answer = await api.call('POST', '/v1/platform/oauth-clients', { token: admin.access, body })
      return answer.status === 201 && answer
    },
    60_000,
  )
  return made.body as { id: string; client_secret: string }
}

/**
 * An application of the platform: `openid-client` and an address that browsers come back to. `more`: how it is
 * registered besides.
 */
export async function openApplication(api: Api, platform: PlatformFile, more: object = {}) {
  const came: URL[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    if (url.pathname === '/callback') came.push(url)
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Board</title><p>here')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  const { id, client_secret: secret } = await registerApplication(api, platform, {
    name: 'Board',
    redirect_uris: [redirectUri],
    ...more,
  })
  const config = await openid.discovery(new URL(platform.issuer), id, secret, undefined, {
    execute: [openid.allowInsecureRequests],
  })
  return {
    config,
    /** `parameters`: of the authorization request besides those that every one has. */
    async begin(parameters: Record<string, string> = {}) {
      const checks = {
        pkceCodeVerifier: openid.randomPKCECodeVerifier(),
        expectedState: openid.randomState(),
        expectedNonce: openid.randomNonce(),
      }
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        ...parameters,
      })
      return { url: url.href, checks }
    },
    /** The addresses the browser came back to. */
    came,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}
