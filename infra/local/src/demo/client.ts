// A small client of the public API and of the mailbox, as patient as a script should be: it waits as long as a 429 or
// 503 asks, and for mails that are on their way.
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 60_000
const MAIL_PATIENCE_MS = 30_000
const MAIL_POLL_MS = 50

type CallOptions = { token?: string; body?: unknown }

export type DemoClient = {
  /** The body of a success; undefined for a status in `accept`. @throws on every other answer */
  call: {
    <T>(method: string, path: string, o?: CallOptions): Promise<T>
    <T>(method: string, path: string, o: CallOptions & { accept: number[] }): Promise<T | undefined>
  }
  /** How many mails an address has got by now. */
  mailMark: (to: string) => Promise<number>
  /** The token in the link of the newest mail to an address that came after the mark. */
  mailedToken: (o: { to: string; after: number }) => Promise<string>
}

type Found = { messages_count: number; messages: { ID: string }[] }

export function createClient(o: { gateway: string; mailbox: string }): DemoClient {
  const call = async (
    method: string,
    path: string,
    options: CallOptions & { accept?: number[] } = {},
  ): Promise<unknown> => {
    const deadline = performance.now() + PATIENCE_MS
    for (let attempt = 0; ; attempt++) {
      const answer = await fetch(o.gateway + path, {
        method,
        headers: {
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      const text = await answer.text()
      if (answer.ok) return text === '' ? {} : JSON.parse(text)
      if (options.accept?.includes(answer.status) === true) return undefined
      const waitMs = pauseBefore(answer, attempt)
      if (waitMs === undefined || performance.now() + waitMs > deadline)
        throw new Error(`${method} ${path} was answered with ${answer.status}: ${text.slice(0, 500)}`)
      await sleep(waitMs)
    }
  }
  const search = async (to: string): Promise<Found> =>
    (await fetch(`${o.mailbox}/api/v1/search?query=${encodeURIComponent(`to:${to}`)}`)).json() as Promise<Found>
  const mailedToken = async ({ to, after }: { to: string; after: number }): Promise<string> => {
    const deadline = performance.now() + MAIL_PATIENCE_MS
    while (performance.now() < deadline) {
      const { messages, messages_count: count } = await search(to)
      const [newest] = messages
      if (newest !== undefined && count > after) {
        const { Text: text } = (await (await fetch(`${o.mailbox}/api/v1/message/${newest.ID}`)).json()) as {
          Text: string
        }
        const token = /[?&]token=([A-Za-z0-9_-]+)/.exec(text)?.[1]
        if (token !== undefined) return token
      }
      await sleep(MAIL_POLL_MS)
    }
    throw new Error(`no mail with a link came to ${to} within ${MAIL_PATIENCE_MS / 1000} s`)
  }
  return { call: call as DemoClient['call'], mailMark: async (to) => (await search(to)).messages_count, mailedToken }
}

/** How long to wait before asking again, or undefined if asking again is of no use. */
export function pauseBefore(answer: Pick<Response, 'status' | 'headers'>, attempt: number): number | undefined {
  if (answer.status !== 429 && answer.status !== 503) return undefined
  const asked = Number(answer.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(asked) ? asked * 1000 : Math.min(200 * 2 ** attempt, 5000)
}
