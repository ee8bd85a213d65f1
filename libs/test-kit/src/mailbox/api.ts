// Mailpit's HTTP API over the received mails (api/v1: messages, message, search) and a page to read them in a browser.
// Mails carry single-use links, so the page loads nothing from anywhere and answers only to names of this machine: a
// web site cannot read it by pointing its own name here.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { inboxPage, messagePage } from './inbox-page.ts'
import { snippetOf, type Message } from './message.ts'
import type { MessageStore } from './message-store.ts'
import { matches, parseQuery } from './search.ts'

type Answer = { status: number; type: string; body: string | Buffer }

const json = (body: unknown, status = 200): Answer => ({ status, type: 'application/json', body: JSON.stringify(body) })
const html = (body: string): Answer => ({ status: 200, type: 'text/html; charset=utf-8', body })
const notFound: Answer = json({ Error: 'message not found' }, 404)

export function createMailboxServer(store: MessageStore): Server {
  return createServer((request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '')
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(host))
      return send(response, json({ Error: 'this mailbox is for this machine only' }, 421))
    try {
      send(response, answer(store, request))
    } catch {
      send(response, json({ Error: 'bad request' }, 400))
    }
  })
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}

function answer(store: MessageStore, request: IncomingMessage): Answer {
  const url = new URL(request.url ?? '/', 'http://mailbox')
  const [first, ...rest] = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  if (request.method === 'DELETE' && url.pathname === '/api/v1/messages') {
    store.clear()
    return { status: 200, type: 'text/plain', body: 'ok' }
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return json({ Error: 'method not allowed' }, 405)
  if (first === undefined) return html(inboxPage(store.list()))
  if (first === 'view') return withMessage(store, rest[0], (message) => html(messagePage(message)))
  if (first !== 'api' || rest[0] !== 'v1') return json({ Error: 'not found' }, 404)
  return api(store, rest.slice(1), url.searchParams)
}

function api(store: MessageStore, [what, id, part]: string[], query: URLSearchParams): Answer {
  if (what === 'messages') return list(store, store.list(), query)
  if (what === 'search') {
    const terms = parseQuery(query.get('query') ?? '')
    return list(
      store,
      store.list().filter((message) => matches(message, terms)),
      query,
    )
  }
  if (what !== 'message') return json({ Error: 'not found' }, 404)
  return withMessage(store, id, (message) => {
    if (part === 'headers') return json(message.headers)
    if (part === 'raw') return { status: 200, type: 'text/plain; charset=utf-8', body: message.raw }
    return part === undefined ? json(detailOf(message)) : json({ Error: 'not found' }, 404)
  })
}

function withMessage(store: MessageStore, id: string | undefined, then: (message: Message) => Answer): Answer {
  const message = store.find(id ?? '')
  return message === undefined ? notFound : then(message)
}

function list(store: MessageStore, found: Message[], query: URLSearchParams): Answer {
  const start = Math.max(0, Number(query.get('start') ?? 0) || 0)
  const limit = Math.max(0, Number(query.get('limit') ?? 50) || 0)
  const messages = found.slice(start, start + limit).map(summaryOf)
  return json({
    total: store.list().length,
    unread: store.list().length,
    count: messages.length,
    messages_count: found.length,
    messages_unread: found.length,
    start,
    tags: [],
    messages,
  })
}

function summaryOf(message: Message): object {
  const { ID, MessageID, From, To, Cc, Bcc, ReplyTo, Subject, Created, Size } = message
  return {
    ID,
    MessageID,
    Read: false,
    From,
    To,
    Cc,
    Bcc,
    ReplyTo,
    Subject,
    Created,
    Tags: [],
    Size,
    Attachments: 0,
    Snippet: snippetOf(message),
  }
}

function detailOf(message: Message): object {
  const { ID, MessageID, From, To, Cc, Bcc, ReplyTo, Subject, Created, Text, HTML, Size } = message
  return {
    ID,
    MessageID,
    From,
    To,
    Cc,
    Bcc,
    ReplyTo,
    ReturnPath: From.Address,
    Subject,
    Date: Created,
    Tags: [],
    Text,
    HTML,
    Size,
    Inline: [],
    Attachments: [],
  }
}
