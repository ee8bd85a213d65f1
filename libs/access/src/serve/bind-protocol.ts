/**
 * The one way to serve a protocol's route: only the gateway may ask, parameters come from the query or the form and
 * stand once, and every refusal leaves in the protocol's own form.
 */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import { protocolBodyLimitBytes, type ProtocolContract } from '@gatehouse/contracts/http/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { oauthErrorHandler, plainPage } from '@gatehouse/service-kit/errors/oauth-error-handler'
import { readParameters, type Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { identify } from './bind-route.ts'
import { serverSettings } from './server.ts'

export type ProtocolRequest = {
  /** Of the query; of the form where the request has one. */
  readonly parameters: Parameters
  /** As the client sent it. */
  readonly authorization: string | undefined
  /** Of a route that takes JSON. */
  readonly json: unknown
  readonly cookies: ReadonlyMap<string, string>
  readonly method: string
  /** The `DPoP` header (RFC 9449 §4.1) as the client sent it. */
  readonly proof: string | undefined
}

export type ProtocolAnswer =
  | {
      readonly kind: 'json'
      readonly body: object
      readonly cacheSeconds?: number
      readonly status?: 201
      readonly headers?: Record<string, string>
    }
  | { readonly kind: 'empty'; readonly status?: 204 }
  /** For a person who is sent nowhere. */
  | { readonly kind: 'page'; readonly title: string; readonly text: string }
  | { readonly kind: 'redirect'; readonly to: string; readonly cookies?: readonly string[] }

export type ProtocolHandler = (request: ProtocolRequest) => Promise<ProtocolAnswer> | ProtocolAnswer

/** Serves the protocols on a part of `app` of their own: a form is a body there and nowhere else. */
export function bindProtocols(
  app: FastifyInstance,
  { log }: { log: Logger },
  bind: (serve: (contract: ProtocolContract, handler: ProtocolHandler) => void) => void,
): void {
  const bound: { contract: ProtocolContract; handler: ProtocolHandler }[] = []
  bind((contract, handler) => bound.push({ contract, handler }))
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser<string>(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, parsed) => parsed(null, body),
    )
    for (const { contract, handler } of bound)
      if (contract.takesJson !== true) bindProtocol(scope, contract, { handler, log })
    done()
  })
  for (const { contract, handler } of bound)
    if (contract.takesJson === true) bindProtocol(app, contract, { handler, log })
}

/** A `HEAD` would begin an authorization that nobody goes on with. */
function bindProtocol(
  scope: FastifyInstance,
  contract: ProtocolContract,
  { handler, log }: { handler: ProtocolHandler; log: Logger },
): void {
  const settings = serverSettings(scope)
  scope.route({
    method: [...contract.methods],
    url: contract.path,
    bodyLimit: protocolBodyLimitBytes,
    exposeHeadRoute: false,
    errorHandler: oauthErrorHandler({ log, errors: contract.errors }),
    onRequest: identify({ auth: 'open', callers: ['gateway'], method: 'GET', path: contract.path }, settings),
    handler: async (request, reply) => send(reply, await handler(protocolRequest(request, contract))),
  })
}

function protocolRequest(
  request: FastifyRequest,
  { takesJson = false }: Pick<ProtocolContract, 'takesJson'>,
): ProtocolRequest {
  const url = request.raw.url ?? ''
  const queryAt = url.indexOf('?')
  const query = queryAt < 0 ? '' : url.slice(queryAt + 1)
  const authorization = request.headers[internalHeaders.authorization]
  const { dpop: proof } = request.headers
  return {
    // RFC 6749 §2.3.1: credentials never stand in the address of a POST, so nothing there counts.
    parameters: readParameters(request.method === 'POST' && !takesJson ? formOf(request.body) : query),
    json: takesJson ? request.body : undefined,
    authorization: typeof authorization === 'string' ? authorization : undefined,
    cookies: readCookies(request.headers.cookie),
    method: request.method,
    proof: typeof proof === 'string' ? proof : undefined,
  }
}

const formOf = (body: unknown): string => (typeof body === 'string' ? body : '')

function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0) cookies.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim())
  }
  return cookies
}

function send(reply: FastifyReply, answer: ProtocolAnswer): FastifyReply {
  const cacheSeconds = answer.kind === 'json' ? answer.cacheSeconds : undefined
  void reply.header('cache-control', cacheSeconds === undefined ? 'no-store' : `public, max-age=${cacheSeconds}`)
  switch (answer.kind) {
    case 'json':
      return reply
        .code(answer.status ?? 200)
        .headers(answer.headers ?? {})
        .type('application/json')
        .send(JSON.stringify(answer.body))
    case 'page':
      return reply.type('text/html; charset=utf-8').send(plainPage(answer.title, [answer.text]))
    case 'empty':
      return reply.code(answer.status ?? 200).send()
    case 'redirect':
      if (answer.cookies !== undefined) void reply.header('set-cookie', answer.cookies)
      // RFC 9700 §4.12: 303 never repeats a POST, whose body may hold a password.
      return reply.header('location', answer.to).code(303).send()
  }
}
