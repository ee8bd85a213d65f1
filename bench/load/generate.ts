// The load: one process, as many connections as ordered, one request at a time on each. It reads the order from a file,
// compares every answer with what was expected, and writes its report to standard output. Raw sockets, because it must
// cost less than what it measures.
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { quantileOf } from '../report/statistics.ts'
import type { LoadOrder, LoadReport, LoadRequest } from './order.ts'

const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LoadOrder
const marker = Buffer.from(order.marker)
const yes = Buffer.from(order.yes)
const headEnd = Buffer.from('\r\n\r\n')

const messages = order.requests.map(({ method = 'POST', path, headers, body }) => {
  const all = {
    host: `127.0.0.1:${order.port}`,
    ...(method === 'POST' && { 'content-type': 'application/json' }),
    ...headers,
    ...(method === 'POST' && { 'content-length': String(Buffer.byteLength(body)) }),
  }
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\n${Object.entries(all)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n${body}`,
  )
})

const latenciesUs: number[] = []
let next = 0
let busyMs = 0
let compared = 0
let wrong = 0
let firstWrong: string | undefined
let startedMs = performance.now()
const isOver = (): boolean =>
  order.seconds === undefined ? next >= messages.length : performance.now() - startedMs >= order.seconds * 1000

/** How many of the decisions in the answer are not the expected ones. */
function misses(answer: Buffer, { expected }: LoadRequest): number {
  let at = 0
  let missed = 0
  for (const wanted of expected) {
    at = answer.indexOf(marker, at)
    if (at < 0) return expected.length
    at += marker.length
    if (answer.subarray(at, at + yes.length).equals(yes) !== wanted) missed += 1
  }
  return answer.indexOf(marker, at) < 0 ? missed : expected.length
}

/** The whole message if `bytes` holds one; answers come with a length or, from Go, in chunks. */
function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf(headEnd)
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end + 2))
  return length ? bytes.length >= end + 4 + Number(length[1]) : bytes.subarray(-5).equals(Buffer.from('0\r\n\r\n'))
}

function judge(answer: Buffer, request: LoadRequest): void {
  const isOk = answer.toString('latin1', 9, 12) === '200'
  const missed = isOk ? misses(answer, request) : request.expected.length
  compared += request.expected.length
  wrong += missed
  if (missed > 0) firstWrong ??= `${answer.toString('utf8').slice(0, 1500)}\n--- to ${request.body.slice(0, 1000)}`
}

const connection = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ host: '127.0.0.1', port: order.port, noDelay: true })
    let current = 0
    let sentMs = 0
    let received: Buffer | undefined
    const send = (): void => {
      if (isOver()) return void (socket.end(), resolve())
      current = next % messages.length
      next += 1
      sentMs = performance.now()
      socket.write(messages[current] as Buffer)
    }
    socket.on('data', (chunk: Buffer) => {
      received = received === undefined ? chunk : Buffer.concat([received, chunk])
      if (!isWhole(received)) return
      const arrivedMs = performance.now()
      latenciesUs.push((arrivedMs - sentMs) * 1000)
      judge(received, order.requests[current] as LoadRequest)
      received = undefined
      send()
      busyMs += performance.now() - arrivedMs
    })
    socket.once('connect', send)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed a connection')))
  })

/** Never asleep, so that no server pays for waking it up, which on a virtual machine costs as much as an answer. */
function stayAwake(): void {
  if (!isOver()) setImmediate(stayAwake)
}

/** Takes requests without a body, one after another on each connection. */
function serveUpstream({ port, answer }: NonNullable<LoadOrder['upstream']>): Promise<void> {
  const whole = Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncache-control: ` +
      `no-store\r\ncontent-length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`,
  )
  const server = createServer({ noDelay: true }, (socket) => {
    let tail: Buffer | undefined
    socket.on('data', (chunk: Buffer) => {
      const read = tail === undefined ? chunk : Buffer.concat([tail, chunk])
      const isWholeHead = read.subarray(-4).equals(headEnd)
      tail = isWholeHead ? undefined : read
      if (isWholeHead) socket.write(whole)
    })
    socket.on('error', () => socket.destroy())
  })
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
}

if (order.upstream !== undefined) await serveUpstream(order.upstream)
startedMs = performance.now()
stayAwake()
await Promise.all(Array.from({ length: order.connections }, connection))
const seconds = (performance.now() - startedMs) / 1000
const report: LoadReport = {
  answered: latenciesUs.length,
  compared,
  wrong,
  ...(firstWrong === undefined ? {} : { firstWrong }),
  seconds,
  latencyUs: { p50: quantileOf(latenciesUs, 0.5), p99: quantileOf(latenciesUs, 0.99), max: quantileOf(latenciesUs, 1) },
  loadBusy: busyMs / 1000 / seconds,
}
process.stdout.write(JSON.stringify(report))
process.exit(0)
