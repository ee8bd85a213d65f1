// The lines of a file of people, NDJSON or CSV, read as a stream: each is a person as the API takes one with their
// memberships, or what is wrong with the line.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { ImportedPerson } from '@gatehouse/contracts/http/identity/imports'
import { GivenMembership } from '@gatehouse/contracts/http/orgs/membership-imports'
import { parse } from 'csv-parse'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'

type Brought = { person: ImportedPerson; memberships: readonly GivenMembership[] }
export type ReadLine = { line: number } & (Brought | { error: string })

const Line = Type.Object({
  ...ImportedPerson.properties,
  memberships: Type.Optional(Type.Array(GivenMembership, { maxItems: 50 })),
})
const shape = Compile(Line)
const members = new Set(Object.keys(Line.properties))

/** @param file - its name tells the format: `.csv` has a row of names first, everything else is NDJSON */
export const readPeople = (file: string): AsyncGenerator<ReadLine> =>
  file.toLowerCase().endsWith('.csv') ? readCsv(file) : readNdjson(file)

async function* readNdjson(file: string): AsyncGenerator<ReadLine> {
  let line = 0
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    line += 1
    if (text.trim() === '') continue
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      yield { line, error: 'it is not JSON' }
      continue
    }
    yield { line, ...checked(value) }
  }
}

type Row = { record: Record<string, string>; info: { lines: number } }

async function* readCsv(file: string): AsyncGenerator<ReadLine> {
  const rows = createReadStream(file).pipe(
    parse({ columns: true, bom: true, info: true, skip_empty_lines: true, relax_column_count: true }),
  )
  for await (const { record, info } of rows as AsyncIterable<Row>) {
    // An empty cell is a member that is absent.
    const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ''))
    yield { line: info.lines, ...checked(withList(given)) }
  }
}

/** A cell holds text alone, so memberships stand in it as JSON. */
function withList({ memberships, ...cells }: Record<string, string>): unknown {
  if (memberships === undefined) return cells
  try {
    return { ...cells, memberships: JSON.parse(memberships) as unknown }
  } catch {
    return { ...cells, memberships }
  }
}

function checked(value: unknown): Brought | { error: string } {
  const unknown =
    value !== null && typeof value === 'object' ? Object.keys(value).find((key) => !members.has(key)) : undefined
  if (unknown !== undefined) return { error: `${unknown}: there is no such member` }
  if (shape.Check(value)) {
    const { memberships = [], ...person } = value as Static<typeof Line>
    return { person, memberships }
  }
  const [first] = shape.Errors(value)
  return { error: `${first?.instancePath.slice(1) || 'the line'}: ${first?.message ?? 'is wrong'}` }
}
