/**
 * The one way to serve a contract: authenticates its callers, validates what comes in, runs the handler with typed
 * values, serializes what goes out by the contract. A route that is not bound here has no caller.
 */
import type { Readable } from 'node:stream'
import { isLive, type RouteContract } from '@gatehouse/contracts/http/contract'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { authenticate } from '../callers/authenticate.ts'
import {
  type AnyCaller,
  type Caller,
  type MemberCaller,
  type OrgCaller,
  type PrincipalCaller,
  type ServiceCaller,
  type UserCaller,
} from '../callers/caller.ts'
import { returnBody, type AnswerAtOnce, type FastPaths } from './fast-path.ts'
import type { FastRead } from './fast-read.ts'
import { createAnswering } from './answering.ts'
import { acceptLines, createLinesTaking, linesOf } from './lines.ts'
import { createLiveHandling } from './live-answer.ts'
import { inOneTurn } from '@gatehouse/service-kit/concurrency/turns'
import { hasLongBody } from '@gatehouse/service-kit/http/json-body'
import { defaultBodyLimitBytes } from '@gatehouse/service-kit/http/server'
import { serializationOf } from './serialization.ts'
import { serverSettings, type ServerSettings } from './server.ts'
import { isStorableText } from '@gatehouse/service-kit/http/storable-text'
import { createValidator, type Validator } from '@gatehouse/service-kit/http/validation'

type StaticOf<S> = S extends TSchema ? Static<S> : undefined

export type ParamsOf<C extends RouteContract> = C extends { readonly params: infer S }
  ? StaticOf<S>
  : Record<string, never>
export type QueryOf<C extends RouteContract> = C extends { readonly query: infer S }
  ? StaticOf<S>
  : Record<string, never>
export type BodyOf<C extends RouteContract> = C extends { readonly body: infer S } ? StaticOf<S> : undefined
/**
 * The body of the success; `void` when the contract promises none. What is streamed has its media type set by the
 * handler.
 */
export type SuccessOf<C extends RouteContract> = C['success'] extends { readonly body: infer S extends TSchema }
  ? Static<S>
  : C['success'] extends { readonly streams: readonly string[] }
    ? Readable
    : void

type CallerByAuth = { open: Caller; user: UserCaller; organization: OrgCaller; internal: ServiceCaller }
/** Where the contract says whose token it takes. */
type CallerByPrincipals = {
  people: { user: UserCaller; organization: MemberCaller }
  any: { user: PrincipalCaller; organization: OrgCaller }
}
export type CallerOf<C extends RouteContract> = C extends {
  readonly auth: infer A extends 'user' | 'organization'
  readonly principals: infer P extends 'people' | 'any'
}
  ? CallerByPrincipals[P][A]
  : CallerByAuth[C['auth']]

export type Handled<C extends RouteContract> = {
  readonly params: ParamsOf<C>
  readonly query: QueryOf<C>
  readonly body: BodyOf<C>
  readonly caller: CallerOf<C>
  readonly request: FastifyRequest
  /** For headers (`ETag`); the status and the body come from the contract and the returned value. */
  readonly reply: FastifyReply
}

export type RouteHandler<C extends RouteContract> = (input: Handled<C>) => Promise<SuccessOf<C>> | SuccessOf<C>

/**
 * Serves `contract` on `app` (made by createServer). `ahead` gives the answer of a GET on a fixed path, whose handler
 * reads nothing but its caller and sets no header, ahead of the framework. `atOnce` may give the same answer without
 * waiting, ahead of the framework: for a POST on a fixed path by whoever acts for an organization, that takes no
 * idempotency key and sets no header.
 */
export function bindRoute<const C extends RouteContract>(
  app: FastifyInstance,
  contract: C,
  handler: RouteHandler<C>,
  { atOnce, ahead }: { atOnce?: AnswerAtOnce<BodyOf<C>>; ahead?: FastRead<CallerOf<C>, SuccessOf<C>> } = {},
): void {
  const settings = serverSettings(app)
  const handled = isLive(contract)
    ? createLiveHandling(app, createHandling(contract, handler))
    : createHandling(contract, handler)
  const { status, body: answer } = contract.success
  const { idempotency } = settings
  if (contract.idempotent && idempotency === undefined)
    throw new Error(`${contract.operationId} is idempotent: createServer needs an idempotency store`)
  const bodyLimit = contract.bodyLimitBytes ?? defaultBodyLimitBytes
  if (atOnce)
    addFastPath(settings.fastPaths, { contract, bodyLimitBytes: bodyLimit, answer: atOnce as AnswerAtOnce<unknown> })
  if (ahead) settings.fastReads.add(contract, ahead as FastRead)

  const { lines } = contract
  const takeLines = lines && createLinesTaking(lines, contract.body)
  const answerTo = createAnswering(contract, { handled, idempotency })

  const serve = (scope: FastifyInstance): FastifyInstance =>
    scope.route({
      method: contract.method,
      url: contract.path,
      bodyLimit,
      ...(atOnce ? { preParsing: returnBody } : {}),
      config: configOf(contract),
      // A `HEAD` would listen to nothing, for ever.
      exposeHeadRoute: contract.method === 'GET' && !isLive(contract),
      ...(answer ? { schema: { response: { [status]: serializationOf(answer) } } } : {}),
      onRequest: identify(contract, settings),
      handler: takeLines ? (request, reply) => takeLines(request, () => answerTo(request, reply)) : answerTo,
    })
  if (takeLines === undefined) return void serve(app)
  // A part of its own: lines are a body here and nowhere else.
  void app.register((scope, _options, done) => {
    acceptLines(scope)
    serve(scope)
    done()
  })
}

/** Runs the handler with what came in. What is long is checked, and written, in a turn of its own. */
function createHandling<C extends RouteContract>(contract: C, handler: RouteHandler<C>) {
  const read = createReader(contract)
  const mayBeLong = contract.success.body !== undefined && hasList(contract.success.body)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const inputs = hasLongBody(request) ? await inItsTurn(request, () => read(request)) : read(request)
    const found: unknown = await handler({ ...inputs, caller: request.caller, request, reply } as unknown as Handled<C>)
    return mayBeLong && isLong(found) ? inItsTurn(request, () => found) : found
  }
}

/**
 * What is checked, or written by the serializer, in one piece: of many that come together one in each round of the
 * event loop.
 */
const inItsTurn = <T>({ caller }: FastifyRequest, piece: () => T): Promise<T> =>
  inOneTurn(piece, { work: 'message', key: caller !== null && 'orgId' in caller ? String(caller.orgId) : '', steps: 0 })

const hasList = (schema: TSchema): boolean => JSON.stringify(schema).includes('"type":"array"')

/** As many values as are written in a fraction of a millisecond. */
const fewValues = 200

/** Whether an answer has more values than these; it is looked at until then. */
function isLong(answer: unknown): boolean {
  let left = fewValues
  const count = (value: unknown): boolean => {
    if ((left -= 1) < 0) return true
    return typeof value === 'object' && value !== null && Object.values(value).some(count)
  }
  return count(answer)
}

/** What the hooks of the server have to know of a route. */
const configOf = ({ dialect, deadlineMs, auth, method, isRoutine, success }: RouteContract): FastifyContextConfig => ({
  ...(dialect && { dialect }),
  ...(deadlineMs && { deadlineMs }),
  ...(isRoutine && { isRoutine }),
  ...(isLive({ success }) && { isLive: true }),
  // A stranger is not told by a revision whether anything was written.
  ...(auth === 'open' && method !== 'GET' && { alwaysRevision: true }),
})

function addFastPath(fastPaths: FastPaths, path: Omit<Parameters<FastPaths['add']>[0], 'validate'>): void {
  const { method, auth, path: url, body, idempotent, operationId } = path.contract
  if (method !== 'POST' || auth !== 'organization' || url.includes(':') || body === undefined || idempotent === true)
    throw new Error(`${operationId} cannot be answered at once`)
  fastPaths.add({ ...path, validate: createValidator(body, 'body') })
}

/**
 * The hook that says who calls. It waits only when it has to: a promise costs more than looking up who was known
 * already.
 */
export const identify =
  (rule: Parameters<typeof authenticate>[1], settings: ServerSettings): onRequestHookHandler =>
  (request, _reply, done) => {
    const take = (caller: AnyCaller): void => void (request.caller = caller)
    try {
      const found = authenticate(request, rule, settings)
      if (found instanceof Promise) return void found.then(take).then(() => done(), done)
      take(found)
    } catch (err) {
      return done(err as Error)
    }
    done()
  }

type Inputs = { params: unknown; query: unknown; body: unknown }

/** Compiles the validators of a contract once. */
function createReader(contract: RouteContract): (request: FastifyRequest) => Inputs {
  const params = contract.params && createValidator(contract.params, 'params')
  const query = contract.query && createValidator(contract.query, 'query')
  const body = contract.body && createValidator(contract.body, 'body')
  return (request) => ({
    params: params ? readParams(params, request.params) : {},
    query: readQuery(query, request.query),
    // Lines were checked one by one as they came.
    body: linesOf(request)
      ? request.body
      : readBody(body, request.body === undefined && contract.bodyIsOptional ? {} : request.body),
  })
}

/** An id that cannot exist is the same 404 as one that does not. */
function readParams(validator: Validator, value: unknown): unknown {
  const validation = validator(value)
  if (!validation.ok || !holdsStorableTextOnly(validation.value)) throw problem('not_found')
  return validation.value
}

function readQuery(validator: Validator | undefined, value: unknown): unknown {
  const given = { ...(value as Record<string, unknown>) }
  if (!holdsStorableTextOnly(given))
    throw problem('malformed_request', { detail: 'The query holds text that cannot be stored.' })
  if (validator === undefined) {
    const [unknown] = Object.keys(given)
    if (unknown !== undefined)
      throw problem('validation_failed', {
        errors: [{ path: `query/${unknown.slice(0, 100)}`, message: 'is not known' }],
      })
    return {}
  }
  const validation = validator(given)
  if (!validation.ok) throw problem('validation_failed', { errors: validation.errors })
  return validation.value
}

function readBody(validator: Validator | undefined, value: unknown): unknown {
  if (validator === undefined) {
    const isEmpty =
      value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
    if (!isEmpty) throw problem('validation_failed', { detail: 'This route takes no body.' })
    return undefined
  }
  const validation = validator(value ?? undefined)
  if (!validation.ok) throw problem('validation_failed', { errors: validation.errors })
  return validation.value
}

const holdsStorableTextOnly = (value: unknown): boolean =>
  Object.entries(value as Record<string, unknown>).every(
    ([name, text]) => isStorableText(name) && (typeof text !== 'string' || isStorableText(text)),
  )

export type StreamContract = {
  readonly method: 'GET'
  readonly path: string
  readonly callers: readonly RouteContract['service'][]
}

/**
 * Serves an internal stream, which has no schema to serialize by and may take longer than an answer.
 * The handler sends through `reply` itself.
 */
export function bindStream(
  app: FastifyInstance,
  contract: StreamContract,
  handler: (input: { caller: ServiceCaller; request: FastifyRequest; reply: FastifyReply }) => Promise<unknown>,
  options: { timeoutMs: number } = { timeoutMs: 300_000 },
): void {
  const settings = serverSettings(app)
  const { method, path, callers } = contract
  const rule = { auth: 'internal', callers, method, path } as const
  app.route({
    method: contract.method,
    url: contract.path,
    config: { deadlineMs: options.timeoutMs },
    onRequest: identify(rule, settings),
    handler: async (request, reply) => handler({ caller: request.caller as ServiceCaller, request, reply }),
  })
}
