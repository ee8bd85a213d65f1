// Keeps received mails, newest first, in memory and, if a folder is given, as files that a restarted mailbox reads
// again. Bounded: the oldest go first.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { simpleParser, type AddressObject } from 'mailparser'
import type { Address, Message } from './message.ts'

const MAX_MESSAGES = 2000

export type MessageStore = {
  add: (raw: Buffer, recipients: string[]) => Promise<Message>
  list: () => Message[]
  find: (id: string) => Message | undefined
  clear: () => void
  onAdded: (listener: (message: Message) => void) => () => void
}

export async function openMessageStore(folder?: string): Promise<MessageStore> {
  const messages: Message[] = []
  const listeners = new Set<(message: Message) => void>()
  const fileOf = (id: string) => join(folder ?? '', `${id}.eml`)
  if (folder !== undefined) await load(folder, messages)

  const add = async (raw: Buffer, recipients: string[]) => {
    // Sortable by time, so that files come back in order.
    const id = `${Date.now().toString(36).padStart(9, '0')}${randomBytes(6).toString('hex')}`
    if (folder !== undefined) writeFileSync(fileOf(id), raw, { mode: 0o600 })
    const message = await parse({ id, raw, created: new Date(), recipients })
    messages.unshift(message)
    for (const dropped of messages.splice(MAX_MESSAGES))
      if (folder !== undefined) rmSync(fileOf(dropped.ID), { force: true })
    for (const listener of [...listeners]) listener(message)
    return message
  }
  const clear = () => {
    for (const dropped of messages.splice(0)) if (folder !== undefined) rmSync(fileOf(dropped.ID), { force: true })
  }
  const onAdded = (listener: (message: Message) => void) => {
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }
  return {
    add,
    clear,
    onAdded,
    list: () => [...messages],
    find: (id) => (id === 'latest' ? messages[0] : messages.find((message) => message.ID === id)),
  }
}

async function load(folder: string, into: Message[]): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .sort()
    .reverse()
  for (const name of names.slice(0, MAX_MESSAGES)) {
    const file = join(folder, name)
    into.push(
      await parse({ id: name.slice(0, -4), raw: readFileSync(file), created: statSync(file).mtime, recipients: [] }),
    )
  }
}

async function parse(o: { id: string; raw: Buffer; created: Date; recipients: string[] }): Promise<Message> {
  const mail = await simpleParser(o.raw, { skipImageLinks: true })
  const named = [mail.to, mail.cc].flatMap(addresses)
  const isNamed = (address: string) => named.some((known) => known.Address.toLowerCase() === address.toLowerCase())
  const headers: Record<string, string[]> = {}
  for (const { key, line } of mail.headerLines) (headers[key] ??= []).push(line.slice(line.indexOf(':') + 1).trim())
  return {
    ID: o.id,
    MessageID: (mail.messageId ?? '').replace(/^<|>$/g, ''),
    From: addresses(mail.from)[0] ?? { Name: '', Address: '' },
    To: addresses(mail.to),
    Cc: addresses(mail.cc),
    Bcc: o.recipients.filter((address) => !isNamed(address)).map((address) => ({ Name: '', Address: address })),
    ReplyTo: addresses(mail.replyTo),
    Subject: mail.subject ?? '',
    Created: o.created.toISOString(),
    Text: mail.text ?? '',
    HTML: typeof mail.html === 'string' ? mail.html : '',
    Size: o.raw.length,
    headers,
    raw: o.raw,
  }
}

function addresses(field: AddressObject | AddressObject[] | undefined): Address[] {
  return [field ?? []]
    .flat()
    .flatMap(({ value }) => value.map(({ name, address }) => ({ Name: name, Address: address ?? '' })))
}
