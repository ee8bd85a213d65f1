/**
 * What browsers are told: security headers on every answer, and which origins' pages may read them (none unless
 * configured, or named by a client).
 */
import {
  deviceHeader,
  registrationHeader,
  rememberedDeviceHeader,
  tokenTransportHeader,
} from '@gatehouse/contracts/common/services'
import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AllowedOrigins } from './allowed-origins.ts'
import { allowScripts } from './script-access.ts'

/** Answers are data; the one page allows exactly its own style. */
const nothing = ["'none'"]

/** What pages of other origins may read of an answer. */
const exposedHeaders = [
  deviceHeader,
  'etag',
  'gatehouse-revision',
  registrationHeader,
  rememberedDeviceHeader,
  'location',
  'retry-after',
  'www-authenticate',
  'x-request-id',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
]

export async function installBrowserSafety(
  app: FastifyInstance,
  options: {
    origins: AllowedOrigins
    /** Where a cookie may be sent and set: nowhere else may a page send what a browser keeps. */
    cookiePaths: readonly string[]
    styleHash: string
    isHttps: boolean
  },
): Promise<void> {
  const { origins, cookiePaths, styleHash, isHttps } = options
  const headers = securityHeaders({ styleHash, isHttps })
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers)
    done()
  })
  allowScripts(app)
  refusePlainOptions(app)
  const withCookies = new Set(cookiePaths)
  const shared = {
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'idempotency-key',
      'if-match',
      'last-event-id',
      'x-request-id',
      'traceparent',
      deviceHeader,
      registrationHeader,
      rememberedDeviceHeader,
      tokenTransportHeader,
    ],
    exposedHeaders: [...exposedHeaders],
    maxAge: 600,
  }
  await app.register(fastifyCors, {
    delegator: (request, decided) => {
      const { origin } = request.headers
      if (origin === undefined || !origins.mayRead(origin)) return decided(null, { origin: false })
      const credentials = withCookies.has(pathOf(request.url)) && origins.mayHoldCookie(origin)
      decided(null, { ...shared, origin, credentials })
    },
  })
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? ''

/** The same for every answer, so helmet is asked once: what it would set on a response that only takes notes. */
function securityHeaders(o: { styleHash: string; isHttps: boolean }): Record<string, string> {
  const headers: Record<string, string> = {}
  const notes = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value
    },
    removeHeader: () => undefined,
  }
  const set = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: nothing,
        styleSrc: [`'${o.styleHash}'`],
        frameAncestors: nothing,
        baseUri: nothing,
        formAction: nothing,
      },
    },
    // Over plain HTTP, as on a developer's machine, the header would be ignored at best.
    strictTransportSecurity: o.isHttps ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  })
  set({} as IncomingMessage, notes as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error as Error
  })
  return headers
}

/** Without an origin and a method it asks for, OPTIONS is no preflight but a method that no path has. */
function refusePlainOptions(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { origin, 'access-control-request-method': asked } = request.headers
    if (request.method === 'OPTIONS' && (origin === undefined || asked === undefined)) reply.callNotFound()
    else done()
  })
}
