/** A small service to put the kit's server through: every kind of caller, every kind of input. */
import { defineRoute } from '@gatehouse/contracts/http/contract'
import { listOf, PageQuery } from '@gatehouse/contracts/common/page'
import { OrganizationId } from '@gatehouse/contracts/common/ids'
import type { ProblemCode } from '@gatehouse/contracts/problems/registry'
import Type from 'typebox'
import { recordRevision } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { bindRoute } from '../../src/serve/bind-route.ts'
import { createServer } from '../../src/serve/server.ts'
import type { IdempotencyStore } from '@gatehouse/service-kit/http/idempotent-request'
import { createLogger } from '@gatehouse/service-kit/logging/logger'
import { accessTokens, assertionsOf } from '@gatehouse/test-kit/service-keys'

const Part = Type.Object({ id: Type.String(), size: Type.Integer() })
const Widget = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 50 }),
  parts: Type.Optional(Type.Array(Part)),
  extra: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})

const base = { service: 'orgs', summary: 'A test route.' } as const
export const CreateWidget = defineRoute({
  ...base,
  operationId: 'createWidget',
  method: 'POST',
  path: '/v1/widgets',
  auth: 'open',
  body: Widget,
  bodyLimitBytes: 4096,
  success: { status: 201, body: Type.Object({ name: Type.String(), caller: Type.String() }), description: 'Made.' },
})
export const ListWidgets = defineRoute({
  ...base,
  operationId: 'listWidgets',
  method: 'GET',
  path: '/v1/widgets',
  auth: 'user',
  query: Type.Object({ ...PageQuery, action: Type.Optional(Type.String()) }),
  success: { status: 200, body: listOf(Type.Object({ limit: Type.Integer() })), description: 'They.' },
})
export const GetOrgWidget = defineRoute({
  ...base,
  operationId: 'getOrgWidget',
  method: 'GET',
  path: '/v1/organizations/:org/widgets',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId }),
  success: { status: 200, body: Type.Object({ org: Type.String() }), description: 'It.' },
})
export const ListPeoplesWidgets = defineRoute({
  ...base,
  operationId: 'listPeoplesWidgets',
  method: 'GET',
  path: '/v1/organizations/:org/peoples-widgets',
  auth: 'organization',
  principals: 'people',
  params: Type.Object({ org: OrganizationId }),
  success: { status: 204, description: 'None.' },
})
export const ListAnybodysWidgets = defineRoute({
  ...base,
  operationId: 'listAnybodysWidgets',
  method: 'GET',
  path: '/v1/anybodys-widgets',
  auth: 'user',
  principals: 'any',
  success: { status: 204, description: 'None.' },
})
export const EvaluateWidget = defineRoute({
  ...base,
  operationId: 'evaluateWidget',
  method: 'POST',
  path: '/v1/evaluate',
  auth: 'organization',
  body: Type.Object({}, { additionalProperties: true }),
  success: { status: 204, description: 'Fine.' },
})
export const InternalWidget = defineRoute({
  ...base,
  operationId: 'internalWidget',
  method: 'POST',
  path: '/internal/widgets/:org',
  auth: 'internal',
  callers: ['tokens'],
  retryable: true,
  params: Type.Object({ org: OrganizationId }),
  success: {
    status: 200,
    body: Type.Object({ service: Type.String(), user: Type.Union([Type.String(), Type.Null()]) }),
    description: 'It.',
  },
})
export const FailWidget = defineRoute({
  ...base,
  operationId: 'failWidget',
  method: 'POST',
  path: '/v1/fail/:how',
  auth: 'open',
  params: Type.Object({ how: Type.String() }),
  success: { status: 204, description: 'Never.' },
})
export const SendWidget = defineRoute({
  ...base,
  operationId: 'sendWidget',
  method: 'POST',
  path: '/v1/send',
  auth: 'open',
  idempotent: true,
  body: Widget,
  success: { status: 201, body: Type.Object({ name: Type.String() }), description: 'Sent.' },
})

const failures: Record<string, () => unknown> = {
  bug: () => {
    throw new TypeError('secret detail')
  },
  'refused-connection': () => {
    throw new Error('Failed query', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) })
  },
  'reset-connection': () => {
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  },
  'statement-timeout': () => {
    throw Object.assign(new Error('canceling'), { code: '57014' })
  },
  'disk-full': () => {
    throw Object.assign(new Error('disk'), { code: '53100' })
  },
  redis: () => {
    throw new Error('Connection is closed.')
  },
  'nul-in-text': () => {
    throw Object.assign(new Error('bytes'), { code: '22021' })
  },
  'not-an-error': () => {
    throw 'a string' as unknown
  },
  hang: () => new Promise(() => undefined),
}

export function widgetService(options: { deadlineMs?: number; lines?: string[]; idempotency?: IdempotencyStore } = {}) {
  const log = createLogger({
    name: 'orgs',
    level: options.lines ? 'info' : 'silent',
    destination: { write: (line) => options.lines?.push(line) },
  })
  const { deadlineMs, idempotency } = options
  const app = createServer({
    service: 'orgs',
    log,
    assertions: assertionsOf('orgs'),
    accessTokens: accessTokens(),
    ...(deadlineMs ? { deadlineMs } : {}),
    idempotency: idempotency ?? { once: async (request, run) => ({ status: request.status, body: await run() }) },
  })
  bindRoute(app, CreateWidget, async ({ body, caller }) => {
    recordRevision('orgs', 41)
    recordRevision('orgs', 42)
    return { name: body.name, caller: caller.kind, secret: 'not in the contract' }
  })
  bindRoute(app, ListWidgets, ({ query }) => ({
    data: [{ limit: query.limit ?? 0 }],
    page: { next_cursor: null, has_more: false },
  }))
  bindRoute(app, GetOrgWidget, ({ caller }) => ({ org: caller.orgId }))
  bindRoute(app, ListPeoplesWidgets, () => undefined)
  bindRoute(app, ListAnybodysWidgets, () => undefined)
  bindRoute(app, EvaluateWidget, () => undefined)
  bindRoute(app, InternalWidget, ({ caller }) => ({ service: caller.service, user: caller.user?.claims.sub ?? null }))
  bindRoute(app, SendWidget, ({ body }) => ({ name: body.name }))
  bindRoute(app, FailWidget, async ({ params }) => {
    if (params.how in failures) await failures[params.how]?.()
    throw problem(params.how as ProblemCode, { detail: 'public text', internal: 'internal text' })
  })
  return app
}
