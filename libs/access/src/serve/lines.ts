/**
 * A body that is a list may come as lines, each of them an item (`RouteContract.lines`). They are read while they
 * arrive; the handler gets the body as if it had come as one JSON text, and is called only when every line is right.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import { linesType, readJsonLines, type JsonLines, type LinesRule } from '@gatehouse/service-kit/http/json-lines'
import { createValidator } from '@gatehouse/service-kit/http/validation'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import type { TObject, TSchema } from 'typebox'

const linesKey: unique symbol = Symbol('lines')

declare module 'fastify' {
  interface FastifyRequest {
    [linesKey]?: JsonLines
  }
}

export const linesOf = (request: FastifyRequest): JsonLines | undefined => request[linesKey]

/** Where the item with this index stands in the body, as errors name it: `/lines/3` counts from 1, as editors do. */
export function placeOfItem(request: FastifyRequest, member: string): (index: number) => string {
  const lines = linesOf(request)
  return (index) => (lines === undefined ? `/${member}/${index}` : `/lines/${lines.numbers[index]}`)
}

/** Runs `answer` after the lines were taken in; a body that is no lines is left alone. */
export type TakeLines = (request: FastifyRequest, answer: () => Promise<unknown>) => Promise<unknown>

/** What is read is held until it is written, so that only so many are read at the same time. */
const most = { ofOne: 2, inAll: 8 }

/** Lets `scope` take lines, unread. */
export function acceptLines(scope: FastifyInstance): void {
  scope.addContentTypeParser(linesType, (_request, payload, done) => done(null, payload))
}

export function createLinesTaking(lines: NonNullable<RouteContract['lines']>, body: TSchema | undefined): TakeLines {
  const rule: LinesRule = { ...lines, validate: createValidator(itemOf(lines.member, body), 'body') }
  const present = new Map<string, number>()
  return async (request, answer) => {
    const { body: payload } = request
    if (!(payload instanceof Readable)) return answer()
    const key = request.caller !== null && 'orgId' in request.caller ? String(request.caller.orgId) : ''
    const leave = enter(present, key)
    try {
      // A request that is destroyed takes its connection with it, and nobody would hear why it is refused.
      const pieces: AsyncIterable<Buffer> = payload.iterator({ destroyOnReturn: false })
      const read = await readJsonLines(pieces, rule, { key, signal: signalOf(request) })
      request[linesKey] = read
      request.body = { [lines.member]: read.items }
      return await answer()
    } finally {
      leave()
      // What comes after a refusal is passed over: Node does that only for a body that nobody began to read.
      payload.resume()
    }
  }
}

/** @throws AppError `rate_limited`, `unavailable` */
function enter(present: Map<string, number>, key: string): () => void {
  const ofOne = present.get(key) ?? 0
  const inAll = [...present.values()].reduce((sum, count) => sum + count, 0)
  if (ofOne >= most.ofOne) throw problem('rate_limited', { retryAfterSeconds: 1 })
  if (inAll >= most.inAll) throw problem('unavailable', { internal: 'too many bodies of lines are read' })
  present.set(key, ofOne + 1)
  return () => {
    const left = (present.get(key) ?? 1) - 1
    if (left > 0) present.set(key, left)
    else present.delete(key)
  }
}

function itemOf(member: string, body: TSchema | undefined): TSchema {
  const list = (body as TObject | undefined)?.properties[member] as { items?: TSchema } | undefined
  if (list?.items === undefined) throw new Error(`The body has no list ${member}`)
  return list.items
}
