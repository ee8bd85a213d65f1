// Two small pages without scripts: the list of mails and one mail as text, its links clickable. Everything that comes
// from a mail is escaped; HTML parts are not shown.
import { snippetOf, type Message } from './message.ts'

const STYLE = `
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { width: 100%; border-collapse: collapse; } th { text-align: left; }
th, td { padding: .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td small { display: block; opacity: .75; } time { white-space: nowrap; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
pre { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; } dd { margin: 0; }
`

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

const HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'

const page = (title: string, body: string): string =>
  `${HEAD}<title>${escapeHtml(title)}</title><style>${STYLE}</style><body>${body}</body></html>`

const people = (list: Message['To']) =>
  list.map(({ Name, Address }) => (Name === '' ? Address : `${Name} <${Address}>`)).join(', ')

const COLUMNS = ['To', 'Subject', 'Received (UTC)'].map((name) => `<th scope="col">${name}`).join('')

export function inboxPage(messages: Message[]): string {
  const rows = messages.map((message) => {
    const subject = escapeHtml(message.Subject === '' ? '(no subject)' : message.Subject)
    const snippet = escapeHtml(snippetOf(message).slice(0, 120))
    return `<tr><td>${escapeHtml(people(message.To))}</td>
<td><a href="/view/${encodeURIComponent(message.ID)}">${subject}</a><small>${snippet}</small></td>
<td><time datetime="${message.Created}">${message.Created.slice(0, 19).replace('T', ' ')}</time></td></tr>`
  })
  const table = `<table><thead><tr>${COLUMNS}</tr></thead><tbody>${rows.join('')}</tbody></table>`
  const about = '<p>Every mail the platform sends from this machine ends here. Reload for newer ones.</p>'
  return page('Inbox', `<main><h1>Inbox</h1>${about}${messages.length === 0 ? '<p>No mail yet.</p>' : table}</main>`)
}

export function messagePage(message: Message): string {
  const text = escapeHtml(message.Text).replace(
    /https?:\/\/[^\s<]+/g,
    (link) => `<a href="${link}" rel="noreferrer">${link}</a>`,
  )
  const facts = [
    ['From', escapeHtml(people([message.From]))],
    ['To', escapeHtml(people(message.To))],
    ['Received', `<time>${message.Created}</time>`],
  ].map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`)
  const heading = `<p><a href="/">Inbox</a></p><h1>${escapeHtml(message.Subject)}</h1>`
  return page(message.Subject, `<main>${heading}<dl>${facts.join('')}</dl><pre>${text}</pre></main>`)
}
