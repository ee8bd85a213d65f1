/** What browsers are told: security headers on every answer, and which origins' pages may read them (none unless configured). */
import { deviceHeader, registrationHeader } from '@gatehouse/contracts/common/services'
import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

/** Answers are data; the one page allows exactly its own style. */
const nothing = ["'none'"]

/** What pages of other origins may read of an answer. */
const exposedHeaders = [
  'etag',
  'gatehouse-revision',
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
  options: { origins: readonly string[]; styleHash: string; isHttps: boolean },
): Promise<void> {
  const { origins, styleHash, isHttps } = options
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: nothing,
        styleSrc: [`'${styleHash}'`],
        frameAncestors: nothing,
        baseUri: nothing,
        formAction: nothing,
      },
    },
    // Over plain HTTP, as on a developer's machine, the header would be ignored at best.
    strictTransportSecurity: isHttps ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    crossOriginResourcePolicy: { policy: origins.length > 0 ? 'cross-origin' : 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  })
  if (origins.length === 0) return
  refusePlainOptions(app)
  await app.register(fastifyCors, {
    origin: [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'idempotency-key',
      'if-match',
      'x-request-id',
      'traceparent',
      deviceHeader,
      registrationHeader,
    ],
    exposedHeaders: [...exposedHeaders],
    maxAge: 600,
  })
}

/** Without an origin and a method it asks for, OPTIONS is no preflight but a method that no path has. */
function refusePlainOptions(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { origin, 'access-control-request-method': asked } = request.headers
    if (request.method === 'OPTIONS' && (origin === undefined || asked === undefined)) reply.callNotFound()
    else done()
  })
}
