/**
 * One request and the whole of its answer, by undici's `dispatch`: neighbours answer in a few hundred bytes, and the
 * stream, the signal and the promises of undici's `request` cost more than what is read from them.
 */
import type { Dispatcher } from 'undici'

export type WholeAnswer = {
  readonly statusCode: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly text: string
}

/** Why an answer was not waited for. `late` is about time, the other one about the neighbour. */
export class AnswerGivenUp extends Error {
  readonly because: 'late' | 'too_long'

  constructor(because: 'late' | 'too_long', message: string) {
    super(message)
    this.name = 'AnswerGivenUp'
    this.because = because
  }
}

/**
 * `timeoutMs` is for all of it: waiting for a connection, the head, the body. Whatever is over gives back its
 * connection, or closes it where the answer is still under way. @throws AnswerGivenUp, or what undici says of the
 * connection
 */
export function askForAll(
  pool: Dispatcher,
  request: Dispatcher.DispatchOptions,
  { timeoutMs, mostBytes }: { timeoutMs: number; mostBytes: number },
): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let head: Omit<WholeAnswer, 'text'> = { statusCode: 0, headers: {} }
    const pieces: Buffer[] = []
    let size = 0
    let reason: AnswerGivenUp | undefined
    const giveUp = (given: AnswerGivenUp): void => {
      reason = given
      clearTimeout(timer)
      reject(given)
      controller?.abort(given)
    }
    // A request that waits for a connection cannot be aborted: it is when it begins.
    const timer = setTimeout(() => giveUp(new AnswerGivenUp('late', `no answer within ${timeoutMs} ms`)), timeoutMs)
    pool.dispatch(
      { ...request, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart: (begun) => {
          controller = begun
          if (reason !== undefined) begun.abort(reason)
        },
        onResponseStart: (_controller, statusCode, headers) => {
          head = { statusCode, headers }
        },
        onResponseData: (_controller, piece) => {
          size += piece.length
          if (size > mostBytes) return giveUp(new AnswerGivenUp('too_long', `more than ${mostBytes} bytes`))
          pieces.push(piece)
        },
        onResponseEnd: () => {
          clearTimeout(timer)
          const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
          resolve({ ...head, text: bytes.toString('utf8') })
        },
        onResponseError: (_controller, error) => {
          clearTimeout(timer)
          reject(error)
        },
      },
    )
  })
}
