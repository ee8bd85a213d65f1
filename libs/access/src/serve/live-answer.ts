/**
 * Answers that stay open (server-sent events): the handler returns a stream of whole events, and what keeps such an
 * answer alive is done here. The head leaves at once, a comment goes out while nothing happens, the deadline of
 * ordinary answers is taken off, and a server that closes ends all of them.
 */
import { PassThrough, type Readable } from 'node:stream'
import { eventStream, liveSignMs } from '@gatehouse/contracts/http/contract'
import { outliveDeadline } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

type Handling = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** A line that begins with a colon says nothing to whoever listens (WHATWG HTML, section 9.2.6). */
const comment = ':\n\n'

/** @param handling - returns the stream; it is destroyed when nobody listens any more */
export function createLiveHandling(app: FastifyInstance, handling: Handling): Handling {
  const open = new Set<() => void>()
  app.addHook('preClose', async () => open.forEach((end) => end()))
  return async (request, reply) => {
    const events = (await handling(request, reply)) as Readable
    const answer = new PassThrough()
    const end = (): void => {
      events.unpipe(answer)
      events.destroy()
      answer.end()
    }
    const sign = setInterval(() => answer.writableNeedDrain || answer.write(comment), liveSignMs)
    open.add(end)
    events.once('error', (err) => answer.destroy(err))
    answer.once('close', () => {
      open.delete(end)
      clearInterval(sign)
      events.destroy()
    })
    outliveDeadline(request)
    void reply.type(eventStream)
    answer.write(comment)
    return events.pipe(answer)
  }
}
