/**
 * One request to a service and its answer, by undici's `dispatch`: its promises and streams cost more than the rest of the forwarding. An answer that is
 * small, as almost all are, comes as one buffer; a large one is a stream that goes only as fast as the client reads.
 */
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

export type Answer = {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer | Readable
}

/** Calls `stop` when nobody waits for the answer any more, at once if that is so already. */
export type GivenUp = (stop: (reason: Error) => void) => void

/** Larger answers are passed on piece by piece. */
const mostBufferedBytes = 128 * 1024

type Head = Pick<Answer, 'statusCode' | 'headers'>

/** @throws what undici says of a connection that failed, or the reason with which the request was given up */
export const exchange = (
  pool: Dispatcher,
  request: Dispatcher.DispatchOptions,
  whenGivenUp: GivenUp,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let head: Head = { statusCode: 502, headers: {} }
    let pieces: Buffer[] = []
    let size = 0
    let stream: Readable | undefined
    pool.dispatch(request, {
      onRequestStart: (controller) => whenGivenUp((reason) => controller.abort(reason)),
      onResponseStart: (_controller, statusCode, headers) => {
        head = { statusCode, headers }
      },
      onResponseData: (controller, piece) => {
        if (stream !== undefined) {
          if (!stream.push(piece)) controller.pause()
          return
        }
        pieces.push(piece)
        size += piece.length
        if (size <= mostBufferedBytes) return
        stream = streamOf(controller)
        for (const early of pieces) stream.push(early)
        pieces = []
        resolve({ ...head, body: stream })
      },
      onResponseEnd: () => {
        if (stream === undefined)
          resolve({ ...head, body: pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces) })
        else stream.push(null)
      },
      onResponseError: (_controller, error) => {
        if (stream === undefined) reject(error)
        else stream.destroy(error)
      },
    })
  })

const streamOf = (controller: Dispatcher.DispatchController): Readable =>
  new Readable({
    read: () => controller.resume(),
    destroy: (error, done) => {
      controller.abort(error ?? new Error('nobody reads the answer any more'))
      done(error)
    },
  })
