/** Verifies tokens as a service does: inside a request of a server on which the verifier is installed. */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { installJwt, signedIn } from '@gatehouse/access/callers/jwt-plugin'
import type { AccessTokenVerifier, VerifiedAccessToken } from '@gatehouse/access/tokens/access-token'
import type { AssertedRequest, AssertionVerifier } from '@gatehouse/access/tokens/assertion'
import type { JwtKind } from '@gatehouse/access/tokens/jwt'
import type { ServiceName } from '@gatehouse/contracts/common/services'

type Run = (request: FastifyRequest) => Promise<unknown>
type Host = { app: FastifyInstance; runs: Map<string, Run> }

const hosts = new WeakMap<object, Host>()
let count = 0

function hostOf(verifier: { kind: JwtKind }): Host {
  const known = hosts.get(verifier)
  if (known !== undefined) return known
  const host: Host = { app: Fastify(), runs: new Map() }
  installJwt(host.app, verifier.kind)
  host.app.get('/:id', async (request) => {
    await host.runs.get((request.params as { id: string }).id)?.(request)
    return ''
  })
  hosts.set(verifier, host)
  return host
}

async function inRequest<T>(verifier: { kind: JwtKind }, run: (request: FastifyRequest) => Promise<T>): Promise<T> {
  const { app, runs } = hostOf(verifier)
  const id = String((count += 1))
  let outcome: Promise<T> | undefined
  runs.set(id, async (request) => {
    outcome = run(request)
    await outcome.catch(() => undefined)
  })
  await app.inject(`/${id}`)
  runs.delete(id)
  if (outcome === undefined) throw new Error('The server of the verifier did not start')
  return outcome
}

export const verifyAccessToken = (verifier: AccessTokenVerifier, token: string): Promise<VerifiedAccessToken> =>
  inRequest(verifier, (request) => verifier.verify(token, signedIn(request)))

export const verifyAssertion = (
  verifier: AssertionVerifier,
  assertion: string,
  asked: AssertedRequest,
): Promise<ServiceName> => inRequest(verifier, (request) => verifier.verify(assertion, asked, signedIn(request)))
