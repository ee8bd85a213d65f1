/**
 * What no output may hold (S7): each secret that a run made or used, and each address. They are read where they are
 * kept or sent: the launcher's folder, the mails, what is said and heard over HTTP.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Api } from '../platform/client.ts'

/** Members whose text is a secret or says who somebody is. */
const MEMBERS = new RegExp(
  '^((new_|current_)?password|email|address|challenge|(client_)?secret|api_key|d|k|(user|device)_code|recovery_codes|' +
    '((access|refresh|id|registration|attempt)_)?token|otpauth_url)$',
)
/** Shorter texts stand in other words by chance. */
const SHORTEST = 10

/** One letter over and over is nobody's secret, and stands in other places where a text has to be long. */
const isVaried = (text: string): boolean => new Set(text).size > 3

/** As JSON gives them: a body that is a stream is none. */
const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Adds the text of each such member, however deep it lies. */
export function collect(value: unknown, into: Set<string>, member = ''): void {
  if (typeof value === 'string') {
    if (MEMBERS.test(member) && value.length >= SHORTEST && isVaried(value)) into.add(value)
  } else if (Array.isArray(value)) for (const item of value) collect(item, into, member)
  else if (isPlain(value)) {
    for (const [name, inner] of Object.entries(value)) collect(inner, into, name)
    // The name of somebody, and not that of a role.
    if ('email' in value && 'name' in value) collect(value.name, into, 'email')
  }
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

export const filesIn = (folder: string): string[] =>
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

type Index = ReadonlyMap<string, readonly { readonly text: string; readonly offset: number }[]>

/** Texts are looked up by what follows the beginning of a word. */
const keyLength = 8

const isOfWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code > 127

function indexOf(texts: Iterable<string>): Index {
  const index = new Map<string, { text: string; offset: number }[]>()
  for (const text of texts) {
    const offset = [...text].findIndex((character) => isOfWord(character.charCodeAt(0)))
    if (offset < 0 || text.length - offset < keyLength) continue
    const key = text.slice(offset, offset + keyLength)
    index.set(key, [...(index.get(key) ?? []), { text, offset }])
  }
  return index
}

/** Every sensitive text that stands in a file of the folder, with the file and what stands around it. */
export function foundIn(folder: string, sensitive: Iterable<string>): string[] {
  const index = indexOf(sensitive)
  return filesIn(folder).flatMap((file) => {
    const output = readFileSync(file, 'utf8')
    return placesIn(output, index).map(
      ({ at, text }) => `${file}: ${output.slice(Math.max(0, at - 200), at + text.length + 60)}`,
    )
  })
}

/** The first place of each text. */
function placesIn(output: string, index: Index): { at: number; text: string }[] {
  const found = new Map<string, number>()
  let isWithin = false
  for (let place = 0; place + keyLength <= output.length; place += 1) {
    const wasWithin = isWithin
    isWithin = isOfWord(output.charCodeAt(place))
    if (wasWithin || !isWithin) continue
    for (const { text, offset } of index.get(output.slice(place, place + keyLength)) ?? [])
      if (!found.has(text) && output.startsWith(text, place - offset)) found.set(text, place - offset)
  }
  return [...found].map(([text, at]) => ({ text, at }))
}
