/**
 * The one way to serve a page: only the gateway may ask, parameters stand once, a form is taken from pages of ours
 * alone, every form ends in a redirect, and whatever goes wrong is a page.
 */
import type { PageContract } from '@gatehouse/contracts/http/page'
import { pageBodyLimitBytes, pageDeadlineMs } from '@gatehouse/contracts/http/page'
import { identify } from '@gatehouse/access/serve/bind-route'
import { serverSettings } from '@gatehouse/access/serve/server'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { readParameters } from '@gatehouse/service-kit/http/protocol-parameters'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { openCookieJar } from '../browser/cookies.ts'
import { isOwnForm } from '../browser/form-guard.ts'
import { keepFlow, openVisit, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { documentOf } from '../views/document.tsx'
import { foreignFormPage } from '../views/errors.tsx'
import type { PageAnswer } from './answer.ts'
import { createFormsOnce, type Answered } from './once.ts'
import { answerFor, refusalOf } from './refusals.ts'

export type PageHandler = (visit: Visit) => Promise<PageAnswer> | PageAnswer
export type PageHandlers = { get?: PageHandler; post?: PageHandler }
type FormsOnce = ReturnType<typeof createFormsOnce>
export type BindPage = (contract: PageContract, handlers: PageHandlers) => void

/** Serves pages on a part of `app` of their own: a form is a body there and nowhere else. */
export function bindPages(app: FastifyInstance, deps: Deps, bind: (page: BindPage) => void): void {
  void app.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser<string>(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, parsed) => parsed(null, body),
    )
    const once = createFormsOnce(deps.clock)
    bind((contract, handlers) => bindPage(scope, deps, { contract, handlers, once }))
    registered()
  })
}

function bindPage(
  scope: FastifyInstance,
  deps: Deps,
  { contract, handlers, once }: { contract: PageContract; handlers: PageHandlers; once: FormsOnce },
): void {
  const { path } = contract
  const visitOf = (request: FastifyRequest): Visit =>
    openVisit(deps, {
      path,
      query: readParameters(queryOf(request)),
      form: readParameters(request.method === 'POST' && typeof request.body === 'string' ? request.body : ''),
      cookies: openCookieJar(request.headers.cookie, deps.issuer),
      acceptLanguage: request.headers['accept-language'],
    })
  for (const method of contract.methods)
    scope.route({
      method,
      url: path,
      bodyLimit: pageBodyLimitBytes,
      config: { deadlineMs: pageDeadlineMs },
      exposeHeadRoute: false,
      onRequest: identify({ auth: 'open', callers: ['gateway'], method, path }, serverSettings(scope)),
      errorHandler: (err, request, reply) => refuse(deps, err, { request, reply, path }),
      handler: async (request, reply) => {
        const visit = visitOf(request)
        const handler = method === 'POST' ? handlers.post : handlers.get
        if (handler === undefined) throw problem('not_found')
        const answer = async (): Promise<PageAnswer> => {
          try {
            return await handler(visit)
          } catch (err) {
            return answerFor(deps, { err, visit, method })
          }
        }
        if (method === 'GET') return send(deps, reply, { visit, answer: await answer() })
        if (!isOwnForm(deps, request, visit)) return send(deps, reply, { visit, answer: foreignFormPage(visit) })
        // What only a script asks for is made anew for each tab.
        const isForm = contract.methods.includes('GET')
        return send(deps, reply, isForm ? await once(visit, answer) : { visit, answer: await answer() })
      },
    })
}

function queryOf({ raw: { url = '' } }: FastifyRequest): string {
  const begin = url.indexOf('?')
  return begin < 0 ? '' : url.slice(begin + 1)
}

/** What is refused before there is a visit: a body too large, parameters twice, a deadline. */
function refuse(
  deps: Deps,
  err: unknown,
  { request, reply, path }: { request: FastifyRequest; reply: FastifyReply; path: string },
): void {
  const visit = openVisit(deps, {
    path,
    query: new Map(),
    form: new Map(),
    cookies: openCookieJar(request.headers.cookie, deps.issuer),
    acceptLanguage: request.headers['accept-language'],
  })
  send(deps, reply, { visit, answer: refusalOf(deps, visit, err) })
}

function send(deps: Deps, reply: FastifyReply, { visit, answer }: Answered): FastifyReply {
  const changes = 'flow' in answer ? answer.flow : undefined
  if (visit.note !== undefined || changes !== undefined) keepFlow(deps, visit, changes)
  const cookies = visit.cookies.headers()
  if (cookies.length > 0) void reply.header('set-cookie', cookies)
  void reply.headers(securityHeaders(visit, answer))
  switch (answer.kind) {
    case 'redirect':
      return reply.code(303).header('location', answer.to).send()
    case 'json':
      return reply.type('application/json').send(JSON.stringify(answer.body))
    case 'download':
      return reply
        .type('application/json')
        .header('content-disposition', `attachment; filename="${answer.name}"`)
        .send(JSON.stringify(answer.body, null, 2))
    case 'page':
      return reply
        .code(answer.status ?? 200)
        .type('text/html; charset=utf-8')
        .send(documentOf(deps, visit, answer))
  }
}

/** Nothing is loaded but by this response's nonce, nothing is framed, and no other site learns an address of ours. */
function securityHeaders({ nonce, language }: Visit, answer: PageAnswer): Record<string, string> {
  const targets = answer.kind === 'page' ? (answer.formTargets ?? []) : []
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    `form-action ${["'self'", ...targets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    'content-language': language,
    vary: 'accept-language, cookie',
  }
}
