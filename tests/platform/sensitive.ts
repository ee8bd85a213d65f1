/**
 * What no output may hold (S7): each secret that a run of the platform made or used, and each address. They are read
 * where they are kept or sent: the launcher's folder, the mails, what the test says and hears over HTTP.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Api } from './client.ts'

/** Members whose text is a secret or says who somebody is. */
const MEMBERS = new RegExp(
  '^((new_|current_)?password|email|address|(client_)?secret|api_key|d|k|(user|device)_code|recovery_codes|' +
    '((access|refresh|id|registration|attempt)_)?token|otpauth_url)$',
)
/** Shorter texts stand in other words by chance. */
const SHORTEST = 10

/** Adds the text of each such member, however deep it lies. */
export function collect(value: unknown, into: Set<string>, member = ''): void {
  if (typeof value === 'string') {
    if (MEMBERS.test(member) && value.length >= SHORTEST) into.add(value)
  } else if (Array.isArray(value)) for (const item of value) collect(item, into, member)
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) collect(inner, into, name)
}

/** An `Api` that remembers what is sensitive in the bodies it sends and in the answers that are no refusals. */
export const remembering = (api: Api, into: Set<string>): Api => ({
  ...api,
  call: async (method, path, options) => {
    collect(options?.body, into)
    if (options?.token !== undefined) into.add(options.token)
    const answer = await api.call(method, path, options)
    if (answer.status < 400) collect(answer.body, into)
    return answer
  },
  mailToken: async (address, subject) => {
    const token = await api.mailToken(address, subject)
    into.add(address).add(token)
    return token
  },
})

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** What the launcher keeps: passwords of roles and people, private keys, and the mails with their links. */
export function keptSecrets(data: string, into: Set<string>): void {
  const settings = JSON.parse(readFileSync(join(data, 'settings.json'), 'utf8')) as { passwords: object }
  for (const password of Object.values(settings.passwords)) into.add(String(password))
  for (const file of filesIn(join(data, 'keys'))) {
    const text = readFileSync(file, 'utf8').trim()
    if (text.startsWith('{')) collect(JSON.parse(text), into)
    else into.add(text)
  }
  for (const file of filesIn(join(data, 'mails'))) {
    const text = readFileSync(file, 'utf8')
    for (const [, address = ''] of text.matchAll(/^To: .*?([^\s<>]+@[^\s<>]+)/gm)) into.add(address)
    for (const [, token = ''] of text.matchAll(/[?&#](?:token|code)=(?:3D)?([\w-]{20,})/g)) into.add(token)
  }
}

/** Every sensitive text that stands in a file of the folder, with the file and what stands around it. */
export function foundIn(folder: string, sensitive: ReadonlySet<string>): string[] {
  return filesIn(folder).flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    return [...sensitive].flatMap((one) => {
      const at = text.indexOf(one)
      return at < 0 ? [] : [`${file}: ${text.slice(Math.max(0, at - 200), at + one.length + 60)}`]
    })
  })
}
