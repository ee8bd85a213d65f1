/** Speaks to a running platform as a stranger would: HTTP to the gateway, HTTP to the mailbox, nothing else. */
import { eventStream } from '@gatehouse/contracts/http/contract'

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }
export type CallOptions = { token?: string | undefined; body?: unknown; raw?: string; headers?: Record<string, string> }
export type Api = {
  gateway: string
  issuer: string
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** The single-use token of the newest mail to this address whose subject matches. */
  mailToken(address: string, subject: RegExp): Promise<string>
  /** What the first group of `part` finds in the newest such mail. */
  mailPart(address: string, subject: RegExp, part: RegExp): Promise<string>
  /** How many mails to this address have such a subject. */
  mailCount(address: string, subject: RegExp): Promise<number>
}

/** Asks again until the answer is something, at most this long. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** An answer that stays open has said what it is by its head. */
const textOf = async (answer: Response): Promise<string> => {
  if (answer.headers.get('content-type')?.startsWith(eventStream) !== true) return answer.text()
  await answer.body?.cancel()
  return ''
}

const parse = (text: string): Record<string, unknown> => {
  try {
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  } catch {
    return { unparsed: text }
  }
}

type MailSummary = { ID: string; Subject: string; Created: string }

export const createApi = ({ gateway, issuer, mailbox }: { gateway: string; issuer: string; mailbox: string }): Api => {
  const call: Api['call'] = async (method, path, { token, body, raw, headers = {} } = {}) => {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const answer = await fetch(gateway + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
      redirect: 'manual',
    })
    const { status, headers: answered } = answer
    return { status, headers: answered, body: parse(await textOf(answer)) }
  }
  const mails = async (address: string, subject: RegExp): Promise<MailSummary[]> => {
    const found = await fetch(`${mailbox}/api/v1/search?query=${encodeURIComponent(`to:${address}`)}`)
    const { messages } = (await found.json()) as { messages: MailSummary[] }
    return messages.filter((mail) => subject.test(mail.Subject)).sort((a, b) => b.Created.localeCompare(a.Created))
  }
  const mailPart: Api['mailPart'] = (address, subject, part) =>
    until(`a mail to ${address} about ${subject.source}`, async () => {
      const [newest] = await mails(address, subject)
      if (!newest) return undefined
      const message = (await (await fetch(`${mailbox}/api/v1/message/${newest.ID}`)).json()) as { Text: string }
      return part.exec(message.Text)?.[1]
    })
  return {
    gateway,
    issuer,
    call,
    mailCount: async (address, subject) => (await mails(address, subject)).length,
    mailPart,
    mailToken: (address, subject) => mailPart(address, subject, /[?&]token=([A-Za-z0-9_-]+)/),
  }
}
