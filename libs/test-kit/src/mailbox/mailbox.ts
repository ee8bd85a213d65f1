// A mailbox for tests and for one machine: a real SMTP server that delivers nowhere, and an HTTP API to read what
// arrived. Loopback only.
import type { Server } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { createMailboxServer } from './api.ts'
import { openMessageStore } from './message-store.ts'
import type { Message } from './message.ts'

const MAX_MAIL_BYTES = 10_000_000

export type Mailbox = {
  /** For a mailer: `smtp://127.0.0.1:port`. */
  smtpUrl: string
  /** The inbox page and API: `http://127.0.0.1:port`. */
  url: string
  smtpPort: number
  httpPort: number
  /** Newest first. */
  messages: () => Message[]
  /** Resolves with the first mail, old or new, that fits; rejects after the timeout (10 s if not said). */
  waitFor: (fits: (message: Message) => boolean, timeoutMs?: number) => Promise<Message>
  /** Answers the next so many mails with 451, as a mail server on a bad day, or as is said. */
  failNext: (count: number, responseCode?: number) => void
  /** Answers this for a recipient from now on, as `550 5.1.1 no such user`; undefined: takes mails for them again. */
  refuse: (address: string, answer: string | undefined) => void
  clear: () => void
  close: () => Promise<void>
}

/** @param o.folder keeps the mails there over restarts; without it they are kept in memory */
export async function startMailbox(
  o: { smtpPort?: number; httpPort?: number; folder?: string } = {},
): Promise<Mailbox> {
  const store = await openMessageStore(o.folder)
  let failures = 0
  let failure = 451
  const refused = new Map<string, string>()
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    size: MAX_MAIL_BYTES,
    disableReverseLookup: true,
    closeTimeout: 500,
    onAuth: (_auth, _session, callback) => {
      callback(null, { user: 'anyone' })
    },
    onRcptTo: ({ address }, _session, callback) => {
      const answer = refused.get(address.toLowerCase())
      if (answer === undefined) return callback()
      callback(Object.assign(new Error(answer.slice(4)), { responseCode: Number(answer.slice(0, 3)) }))
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if (failures > 0) {
          failures -= 1
          callback(Object.assign(new Error('try again later'), { responseCode: failure }))
          return
        }
        const recipients = session.envelope.rcptTo.map(({ address }) => address)
        store.add(Buffer.concat(chunks), recipients).then(
          () => {
            callback()
          },
          (error: unknown) => {
            callback(error instanceof Error ? error : new Error(String(error)))
          },
        )
      })
    },
  })
  // A client that hangs up in the middle is not our failure.
  smtp.on('error', () => undefined)
  const http = createMailboxServer(store)
  const smtpPort = await listen(smtp.server, () => smtp.listen(o.smtpPort ?? 0, '127.0.0.1'))
  const httpPort = await listen(http, () => http.listen(o.httpPort ?? 0, '127.0.0.1'))
  return {
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    url: `http://127.0.0.1:${httpPort}`,
    smtpPort,
    httpPort,
    messages: store.list,
    waitFor: (fits, timeoutMs = 10_000) => waitFor(store, fits, timeoutMs),
    failNext: (count, responseCode = 451) => {
      failures = count
      failure = responseCode
    },
    refuse: (address, answer) => {
      if (answer === undefined) refused.delete(address.toLowerCase())
      else refused.set(address.toLowerCase(), answer)
    },
    clear: store.clear,
    close: async () => {
      http.closeAllConnections()
      await Promise.all([
        new Promise<void>((done) => {
          smtp.close(done)
        }),
        new Promise((done) => {
          http.close(done)
        }),
      ])
    },
  }
}

function listen(server: Pick<Server, 'once' | 'off' | 'address'>, start: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
    start()
  })
}

async function waitFor(
  store: Awaited<ReturnType<typeof openMessageStore>>,
  fits: (message: Message) => boolean,
  timeoutMs: number,
): Promise<Message> {
  const known = store.list().find(fits)
  if (known !== undefined) return known
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop()
      reject(new Error(`no such mail within ${timeoutMs} ms; ${store.list().length} others arrived`))
    }, timeoutMs)
    const stop = store.onAdded((message) => {
      if (!fits(message)) return
      clearTimeout(timer)
      stop()
      resolve(message)
    })
  })
}
