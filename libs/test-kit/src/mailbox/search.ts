// The part of Mailpit's search language that scripts use: words, "quoted phrases", `to:`, `from:`, `cc:`, `subject:`,
// `message-id:`, and a leading `-` or `!` for "not". Everything is matched as part of a text, without regard to case.
import type { Message } from './message.ts'

export type Term = { field: string; text: string; isNegated: boolean }

export function parseQuery(query: string): Term[] {
  const pattern = /([-!])?(?:([a-z-]+):)?(?:"([^"]*)"|(\S+))/gi
  return [...query.matchAll(pattern)].map(([, sign, field, quoted, word]) => ({
    field: (field ?? '').toLowerCase(),
    text: (quoted ?? word ?? '').toLowerCase(),
    isNegated: sign !== undefined,
  }))
}

export function matches(message: Message, terms: Term[]): boolean {
  return terms.every((term) => textOf(message, term.field).toLowerCase().includes(term.text) !== term.isNegated)
}

function textOf(message: Message, field: string): string {
  const people = (list: Message['To']) => list.map(({ Name, Address }) => `${Name} ${Address}`).join('\n')
  switch (field) {
    case 'to':
      return people(message.To)
    case 'cc':
      return people(message.Cc)
    case 'from':
      return people([message.From])
    case 'subject':
      return message.Subject
    case 'message-id':
      return message.MessageID
    case '':
      return [people([message.From, ...message.To]), message.Subject, message.Text].join('\n')
    default:
      // An unknown field is a word with a colon in it.
      return ''
  }
}
