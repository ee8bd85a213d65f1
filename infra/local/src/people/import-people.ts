// Sends the people of a file in batches, then the memberships of those who are there, each line with an error of its
// own. How far it came is kept beside the file after each batch, so that an import that was ended goes on there; what
// was sent twice is the same person, since the line's `external_id` is, and the same membership.
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type ImportedPerson, type ImportOutcome, mostPeopleAtOnce } from '@gatehouse/contracts/http/identity/imports'
import {
  type GivenMembership,
  type ImportedMembership,
  type MembershipOutcome,
  mostMembershipsAtOnce,
} from '@gatehouse/contracts/http/orgs/membership-imports'
import { readPeople } from './read-people.ts'

export type Tally = { created: number; unchanged: number; refused: number }

/** Undefined: the batch as a whole was refused as malformed. */
type Send = (people: ImportedPerson[]) => Promise<ImportOutcome[] | undefined>

type Join = (memberships: ImportedMembership[]) => Promise<MembershipOutcome[]>

type Line = { line: number; person: ImportedPerson; memberships: readonly GivenMembership[] }

export async function importFile(o: {
  file: string
  send: Send
  join: Join
  /** After each batch: the last line that is done, and what came of all so far. */
  progress(line: number, tally: Tally): void
}): Promise<Tally> {
  const [marks, errors] = [`${o.file}.progress`, `${o.file}.errors.ndjson`]
  const done = existsSync(marks) ? Number(readFileSync(marks, 'utf8')) : 0
  const tally: Tally = { created: 0, unchanged: 0, refused: 0 }
  const refuse = (line: number, reason: string, externalId?: string): void => {
    tally.refused += 1
    appendFileSync(errors, `${JSON.stringify({ line, external_id: externalId, reason })}\n`, { mode: 0o600 })
  }
  let batch: Line[] = []
  const flush = async (upTo: number): Promise<void> => {
    const outcomes = await outcomesOf(o.send, batch)
    for (const { line, outcome } of outcomes) {
      if (outcome.status === 'refused') refuse(line.line, outcome.reason ?? 'refused', outcome.external_id)
      else tally[outcome.status] += 1
    }
    for (const { line, organization, reason } of await refusedMemberships(o.join, outcomes))
      refuse(line.line, `membership of ${organization}: ${reason}`, line.person.external_id)
    batch = []
    writeFileSync(marks, String(upTo))
    o.progress(upTo, tally)
  }
  let last = done
  for await (const read of readPeople(o.file)) {
    if (read.line <= done) continue
    last = read.line
    if ('error' in read) refuse(read.line, read.error)
    else batch.push(read)
    if (batch.length === mostPeopleAtOnce) await flush(last)
  }
  await flush(last)
  rmSync(marks)
  return tally
}

type Settled = { line: Line; outcome: ImportOutcome }

/** A batch that is refused as a whole is sent line by line: one line's fault is not the others'. */
async function outcomesOf(send: Send, batch: readonly Line[]): Promise<Settled[]> {
  if (batch.length === 0) return []
  const outcomes = await send(batch.map(({ person }) => person))
  if (outcomes !== undefined)
    return batch.map((line, index) => ({ line, outcome: outcomes[index] ?? malformed(line.person) }))
  const [only] = batch
  if (batch.length === 1 && only !== undefined) return [{ line: only, outcome: malformed(only.person) }]
  const each = []
  for (const one of batch) each.push(...(await outcomesOf(send, [one])))
  return each
}

const malformed = ({ external_id: id }: ImportedPerson): ImportOutcome => ({ external_id: id, status: 'refused' })

type RefusedMembership = { line: Line; organization: string; reason: string }

/** Makes those who are there members, and says which of their memberships were refused. */
async function refusedMemberships(join: Join, settled: readonly Settled[]): Promise<RefusedMembership[]> {
  const wanted = settled.flatMap(({ line, outcome: { user_id: userId } }) =>
    userId === undefined ? [] : line.memberships.map((given) => ({ line, membership: { user_id: userId, ...given } })),
  )
  const refused: RefusedMembership[] = []
  for (let at = 0; at < wanted.length; at += mostMembershipsAtOnce) {
    const part = wanted.slice(at, at + mostMembershipsAtOnce)
    const outcomes = await join(part.map(({ membership }) => membership))
    for (const [index, { line, membership }] of part.entries()) {
      const { status, reason = 'refused' } = outcomes[index] ?? { status: 'refused' as const }
      if (status === 'refused') refused.push({ line, organization: membership.organization_id, reason })
    }
  }
  return refused
}
