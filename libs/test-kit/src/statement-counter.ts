/**
 * Counts what a service asks of PostgreSQL, on the wire: statements executed, statements parsed anew, and turns in
 * which the client waits for the server. It stands between the two and understands just enough of the protocol
 * (PostgreSQL documentation, chapter 54) to tell messages apart.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Teardown } from './database.ts'

export type StatementCounts = {
  readonly statements: number
  /** Times a statement was parsed and planned anew. */
  readonly parses: number
  /** Times the client sent something after the server had answered: what latency costs. */
  readonly roundTrips: number
  /** The statements, in the order they were executed. */
  readonly texts: readonly string[]
}

export type StatementCounter = {
  /** The same database through the counter. */
  through(url: string): string
  /** What `run` costs, whichever connections it uses. */
  during(run: () => Promise<unknown>): Promise<StatementCounts>
  /**
   * What `run` costs on connections that know every statement, as in a service that has been up for a second. It is run
   * until it meets such connections: which one of a pool is taken is the driver's to choose.
   */
  whenKnown(run: () => Promise<unknown>): Promise<StatementCounts>
}

type Count = { statements: number; parses: number; roundTrips: number; texts: string[] }

/** Some connections of some pools, each of which has to meet every statement twice. */
const mostTries = 60

const executes = 0x45 // 'E'
const parse = 0x50 // 'P'
const bind = 0x42 // 'B'
const simpleQuery = 0x51 // 'Q'

export async function startStatementCounter(t: Teardown, adminUrl: string): Promise<StatementCounter> {
  const target = new URL(adminUrl)
  const open = new Set<Socket>()
  let count: Count | undefined
  const server = createServer((near) => {
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true })
    near.setNoDelay(true)
    const read = createReader(() => count)
    let hasAnswered = true
    near.on('data', (piece: Buffer) => {
      if (count !== undefined && hasAnswered) count.roundTrips += 1
      hasAnswered = false
      read(piece)
      far.write(piece)
    })
    far.on('data', (piece: Buffer) => {
      hasAnswered = true
      near.write(piece)
    })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => (open.delete(from), to.destroy()))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of open) socket.destroy()
    await closed
  })
  const counter: StatementCounter = {
    through(url) {
      const way = new URL(url)
      way.hostname = '127.0.0.1'
      way.port = String((server.address() as AddressInfo).port)
      return way.toString()
    },
    async during(run) {
      const mine: Count = { statements: 0, parses: 0, roundTrips: 0, texts: [] }
      count = mine
      try {
        await run()
        return mine
      } finally {
        count = undefined
      }
    },
    async whenKnown(run) {
      for (let tried = 1; ; tried += 1) {
        const counts = await counter.during(run)
        if (counts.parses === 0 || tried === mostTries) return counts
      }
    },
  }
  return counter
}

/** Reads the messages of one client; the first one, which starts the session, has no type. */
function createReader(counting: () => Count | undefined): (piece: Buffer) => void {
  const statements = new Map<string, string>()
  const bound: string[] = []
  let rest: Buffer = Buffer.alloc(0)
  let isStarted = false
  const take = (type: number, body: Buffer): void => {
    const count = counting()
    if (type === parse) {
      const [name = '', text = ''] = stringsOf(body, 2)
      statements.set(name, text)
      if (count) count.parses += 1
    } else if (type === bind) {
      const [, name = ''] = stringsOf(body, 2)
      bound.push(statements.get(name) ?? name)
    } else if (type === executes || type === simpleQuery) {
      const text = type === executes ? (bound.shift() ?? '') : (stringsOf(body, 1)[0] ?? '')
      if (count === undefined) return
      count.statements += 1
      count.texts.push(text.replaceAll(/\s+/g, ' ').trim())
    }
  }
  return (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    for (;;) {
      const head = isStarted ? 1 : 0
      if (rest.length < head + 4) return
      const length = rest.readUInt32BE(head)
      if (rest.length < head + length) return
      if (isStarted) take(rest[0] ?? 0, rest.subarray(5, 1 + length))
      isStarted = true
      rest = rest.subarray(head + length)
    }
  }
}

function stringsOf(body: Buffer, howMany: number): string[] {
  const found: string[] = []
  for (let at = 0; found.length < howMany;) {
    const end = body.indexOf(0, at)
    if (end < 0) return found
    found.push(body.toString('utf8', at, end))
    at = end + 1
  }
  return found
}
