/**
 * Loaded into every test process before its file: notes which route of which service gave which answer, and leaves the
 * list in the folder that ANSWERS_FOLDER names when the process ends.
 */
import { subscribe } from 'node:diagnostics_channel'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is needed of a Fastify server. */
type Server = {
  addHook(
    name: 'onSend',
    hook: (
      request: { method: string; routeOptions: { url?: string } },
      reply: { statusCode: number },
      payload: unknown,
    ) => Promise<void>,
  ): unknown
}

const folder = process.env['ANSWERS_FOLDER']
const file = process.env['ANSWERS_OF']

if (folder !== undefined && file !== undefined) {
  const seen = new Set<string>()
  // Fastify says on this channel that a server was made, before anything is registered in it.
  subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: Server }
    fastify.addHook('onSend', async (request, reply, payload) => {
      const route = request.routeOptions.url
      if (route !== undefined)
        seen.add(
          `${request.method} ${route} ${reply.statusCode} ${reply.statusCode < 400 ? '' : codeOf(payload)}`.trim(),
        )
    })
  })
  process.once('exit', () => {
    if (seen.size === 0) return
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify({ file, seen: [...seen] }))
  })
}

/** The code of a problem document (RFC 9457); nothing for another body. */
function codeOf(payload: unknown): string {
  if (typeof payload !== 'string' || !payload.startsWith('{')) return ''
  return /"code":"([a-z_]+)"/.exec(payload)?.[1] ?? ''
}
