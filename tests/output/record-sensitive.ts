/**
 * Loaded into every test process before its file: remembers what is sensitive in the requests to the servers it makes
 * and in their answers, and leaves it when the process ends.
 */
import { subscribe } from 'node:diagnostics_channel'
import { collect } from './sensitive.ts'
import { leaveSensitive } from './run-output.ts'

type Hook = (request: Request, reply: Reply, payload?: unknown) => Promise<void>
type Request = { headers: Record<string, string | string[] | undefined>; body: unknown }
type Reply = { statusCode: number; getHeader(name: string): unknown }
/** What is needed of a Fastify server. */
type Server = { addHook(name: 'preHandler' | 'onSend', hook: Hook): unknown }

/** Members of a request alone: an answer's `code` says what went wrong. */
const ofRequests = ['code', 'code_verifier', 'assertion', 'client_assertion', 'subject_token', 'actor_token']
const shortest = 16

const sensitive = new Set<string>()
const addLong = (text: unknown): void => {
  if (typeof text === 'string' && text.length >= shortest) sensitive.add(text)
}

if (process.env['RUN_OUTPUT'] !== undefined) {
  // Fastify says on this channel that a server was made, before anything is registered in it.
  subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: Server }
    fastify.addHook('preHandler', async ({ headers, body }) => {
      addLong(/^\w+ +(\S+)$/.exec(String(headers['authorization']))?.[1])
      for (const pair of String(headers['cookie'] ?? '').split('; ')) addLong(pair.slice(pair.indexOf('=') + 1))
      collect(body, sensitive)
      if (typeof body === 'object' && body !== null)
        for (const name of ofRequests) addLong((body as Record<string, unknown>)[name])
    })
    fastify.addHook('onSend', async (_request, { statusCode }, payload) => {
      if (statusCode >= 400 || typeof payload !== 'string' || !payload.startsWith('{')) return
      collect(JSON.parse(payload), sensitive)
    })
  })
  process.once('exit', () => leaveSensitive(`process-${process.pid}`, sensitive))
}
