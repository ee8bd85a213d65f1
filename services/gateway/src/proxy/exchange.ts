/**
 * One request to a service and its answer, by undici's `dispatch`: its promises and streams cost more than the rest of
 * the forwarding. An answer that is small, as almost all are, comes as one piece; a large one is a stream that goes
 * only as fast as the client reads. One that stays open is passed on as it comes.
 */
import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

export type Answer = {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** A small answer in UTF-8 is text, which Node writes in one piece with the head; undefined: there is none. */
  readonly body: string | Buffer | Readable | undefined
}

/** Calls `stop` when nobody waits for the answer any more, at once if that is so already. */
export type GivenUp = (stop: (reason: Error) => void) => void

/** What is called with how it ended, once. It runs outside of the context in which the exchange began. */
export type Outcome = {
  answered(answer: Answer): void
  /** With what undici says of a connection that failed, or the reason with which the request was given up. */
  failed(err: Error): void
}

/** Told how to end an answer that stays open, once it has begun. */
export type AsItComes = (end: () => void) => void

/** Larger answers are passed on piece by piece. */
const mostBufferedBytes = 128 * 1024

type Head = Pick<Answer, 'statusCode' | 'headers'>

export function exchange(
  pool: Dispatcher,
  request: Dispatcher.DispatchOptions,
  { whenGivenUp, asItComes, answered, failed }: Outcome & { whenGivenUp: GivenUp; asItComes?: AsItComes | undefined },
): void {
  let head: Head = { statusCode: 502, headers: {} }
  let pieces: Buffer[] = []
  let size = 0
  let stream: Readable | undefined
  let isEnded = false
  pool.dispatch(request, {
    onRequestStart: (controller) => whenGivenUp((reason) => controller.abort(reason)),
    onResponseStart: (controller, statusCode, headers) => {
      head = { statusCode, headers }
      if (asItComes === undefined || statusCode !== 200) return
      const live = (stream = streamOf(controller))
      answered({ ...head, body: live })
      asItComes(() => {
        if (isEnded) return
        isEnded = true
        live.push(null)
        controller.abort(new Error('the answer has been ended'))
      })
    },
    onResponseData: (controller, piece) => {
      if (isEnded) return
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
      answered({ ...head, body: stream })
    },
    onResponseEnd: () => {
      if (stream === undefined) answered({ statusCode: head.statusCode, headers: head.headers, body: whole(pieces) })
      else if (!isEnded) stream.push(null)
      isEnded = true
    },
    onResponseError: (_controller, error) => {
      if (isEnded) return
      if (stream === undefined) failed(error)
      else stream.destroy(error)
    },
  })
}

function whole(pieces: readonly Buffer[]): string | Buffer | undefined {
  const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  if (bytes.length === 0) return undefined
  return isUtf8(bytes) ? bytes.toString() : bytes
}

const streamOf = (controller: Dispatcher.DispatchController): Readable =>
  new Readable({
    read: () => controller.resume(),
    destroy: (error, done) => {
      controller.abort(error ?? new Error('nobody reads the answer any more'))
      done(error)
    },
  })
