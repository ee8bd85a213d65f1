/**
 * The command `people` against a server that answers as the API does: both formats, an error a line, and going on after
 * an end.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { ImportedPerson, ImportOutcome } from '@gatehouse/contracts/http/identity/imports'
import type { ImportedMembership, MembershipOutcome } from '@gatehouse/contracts/http/orgs/membership-imports'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { importFile } from '../src/people/import-people.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-people-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const fileOf = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content)
  return path.join(folder, name)
}
const personOf = (n: number) => ({ external_id: `p${n}`, email: `p${n}@example.test`, name: `Person ${n}` })
const ndjson = (count: number) =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(personOf(n + 1))}\n`).join('')
const errorsOf = (file: string) =>
  readFileSync(`${file}.errors.ndjson`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { line: number; reason: string })

const join = async (memberships: ImportedMembership[]): Promise<MembershipOutcome[]> =>
  memberships.map(({ user_id, organization_id, roles }) => ({
    user_id,
    organization_id,
    ...(roles.includes('admin')
      ? { status: 'refused' as const, reason: 'roles_refused' as const }
      : { status: 'created' as const }),
  }))

/** Who was imported, as the API keeps it. */
const known = new Set<string>()
const outcomeOf = ({ external_id: id, email }: ImportedPerson): ImportOutcome => {
  if (email.startsWith('taken')) return { external_id: id, status: 'refused', reason: 'address_taken' }
  const status = known.has(id) ? 'unchanged' : 'created'
  known.add(id)
  return { external_id: id, status }
}

t.test('an import that was ended goes on after the last batch, and nobody is made twice', async (t) => {
  const file = fileOf('many.ndjson', ndjson(1050))
  const sizes: number[] = []
  const send = (endsAt: number) => async (people: ImportedPerson[]) => {
    if (sizes.length === endsAt) throw new Error('killed')
    sizes.push(people.length)
    return people.map(outcomeOf)
  }
  await t.rejects(importFile({ file, join, send: send(2), progress: () => {} }), /killed/)
  t.equal(readFileSync(`${file}.progress`, 'utf8'), '400')
  const seen: number[] = []
  const tally = await importFile({ file, join, send: send(-1), progress: (line) => void seen.push(line) })
  t.same(tally, { created: 650, unchanged: 0, refused: 0 })
  t.same(sizes, [200, 200, 200, 200, 200, 50])
  t.same(seen, [600, 800, 1000, 1050])
  t.notOk(existsSync(`${file}.progress`), 'begun anew it begins at the start')
  t.same(await importFile({ file, join, send: send(-1), progress: () => {} }), {
    created: 0,
    unchanged: 1050,
    refused: 0,
  })
})

t.test('what is wrong with a line is told of that line, and the others are imported', async (t) => {
  const lines = [
    JSON.stringify(personOf(2001)),
    '{"external_id":',
    JSON.stringify({ ...personOf(2002), admin: true }),
    JSON.stringify({ ...personOf(2003), email: 'no address' }),
    '',
    JSON.stringify({ ...personOf(2004), email: 'taken@example.test' }),
    JSON.stringify({ ...personOf(2005), name: 'refused by the server alone' }),
    JSON.stringify(personOf(2006)),
  ]
  const file = fileOf('wrong.ndjson', lines.join('\n'))
  const send = async (people: ImportedPerson[]) =>
    people.some(({ name }) => name.startsWith('refused by')) ? undefined : people.map(outcomeOf)
  t.same(await importFile({ file, join, send, progress: () => {} }), { created: 2, unchanged: 0, refused: 5 })
  t.same(
    errorsOf(file)
      .map(({ line }) => line)
      .sort((a, b) => a - b),
    [2, 3, 4, 6, 7],
  )
  t.match(errorsOf(file).find(({ line }) => line === 3)?.reason, /admin: there is no such member/)
  t.match(errorsOf(file).find(({ line }) => line === 4)?.reason, /^email: /)
})

t.test('memberships follow their people, in parts, and one that is refused has a line of its own', async (t) => {
  const [org, users] = [newId('org'), new Map<string, string>()]
  const send = async (people: ImportedPerson[]) =>
    people.map((person) => {
      users.set(person.external_id, newId('user'))
      return { ...outcomeOf(person), user_id: users.get(person.external_id) ?? '' }
    })
  const membershipsOf = (n: number) => [
    { organization_id: org, roles: [n === 7 ? 'admin' : 'member'] },
    { organization_id: newId('org'), roles: ['viewer'] },
  ]
  const lines = Array.from({ length: 150 }, (_, n) => ({ ...personOf(3000 + n), memberships: membershipsOf(n) }))
  const file = fileOf('members.ndjson', lines.map((line) => JSON.stringify(line)).join('\n'))
  const parts: ImportedMembership[][] = []
  const noted = (memberships: ImportedMembership[]) => (parts.push(memberships), join(memberships))
  const tally = await importFile({ file, join: noted, send, progress: () => {} })
  t.same(tally, { created: 150, unchanged: 0, refused: 1 })
  t.same(
    parts.map(({ length }) => length),
    [200, 100],
  )
  t.same(parts[0]?.[0], { user_id: users.get('p3000'), organization_id: org, roles: ['member'] })
  t.same(errorsOf(file), [{ line: 8, external_id: 'p3007', reason: `membership of ${org}: roles_refused` }])
  const cell = JSON.stringify(membershipsOf(1)).replaceAll('"', '""')
  const rows = `external_id,email,name,memberships\nm1,m1@example.test,Ann,"${cell}"\nm2,m2@example.test,Bob,{\n`
  const csv = fileOf('members.csv', rows)
  t.match(await importFile({ file: csv, join: noted, send, progress: () => {} }), { created: 1, refused: 1 })
  t.equal(parts.at(-1)?.length, 2)
  t.match(errorsOf(csv), [{ line: 3, reason: /^memberships: / }])
})

t.test('the command: CSV in, lines out, and an exit code that tells', async (t) => {
  const asked: { url: string; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      asked.push({ url: request.url ?? '', body })
      if (request.headers.authorization !== 'Bearer secret') return void response.writeHead(401).end('{}')
      if (request.method === 'GET') return void response.writeHead(200).end(ndjson(2))
      const { people } = JSON.parse(body) as { people: ImportedPerson[] }
      response.writeHead(200).end(JSON.stringify({ data: people.map(outcomeOf) }))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const command = fileURLToPath(new URL('../src/people.ts', import.meta.url))
  const run = (args: string[], token = 'secret') =>
    new Promise<{ code: number; err: string }>((resolve) => {
      const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const env = { ...process.env, GATEHOUSE_URL: gateway, GATEHOUSE_TOKEN: token }
      execFile(process.execPath, ['--import', 'tsx', command, ...args], { env }, (error, _out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, err }),
      )
    })
  const csv =
    'external_id,email,name,locale\nc1,c1@example.test,"Lovelace, Ada\n2nd line",\nc2,c2@example.test,Bob,de\n'
  const file = fileOf('people.csv', csv)
  const imported = await run(['import', file, '--reason', 'Move'])
  t.match(imported, { code: 1, err: /line 4: 1 created, 0 unchanged, 1 refused/ }, 'a name has one line')
  t.match(JSON.parse(asked[0]?.body ?? ''), {
    reason: 'Move',
    people: [{ external_id: 'c2', email: 'c2@example.test', name: 'Bob', locale: 'de' }],
  })
  const target = path.join(folder, 'out.ndjson')
  t.equal((await run(['export', target, '--reason', 'Leaving'])).code, 0)
  t.equal(readFileSync(target, 'utf8'), ndjson(2))
  t.equal(asked.at(-1)?.url, '/v1/platform/exports/people?reason=Leaving')
  t.match(await run(['export', target, '--reason', 'Leaving'], 'wrong'), { code: 1, err: /answered with 401/ })
})
