/** A bad network between a test's two ends: everything passes, late, torn off now and then, or not at all. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Teardown } from './database.ts'

export type Trouble = {
  /** Connections are accepted and what is sent is swallowed. */
  isBlackHole?: boolean
  /** For every piece, in each direction. */
  delayMs?: number
  /** The share of pieces, of either direction, in place of which the connection is reset. */
  resets?: number
}

export type TcpProxy = {
  url: string
  /** From now on, for connections that are open as well. */
  suffer(trouble: Trouble): void
  /** HTTP requests that were begun through it. */
  requests(): number
}

/** In front of the server at `target`, an http URL. */
export async function startTcpProxy(t: Teardown, target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  let trouble: Trouble = {}
  let requests = 0

  const pass = (from: Socket, to: Socket) => (piece: Buffer) => {
    if (trouble.isBlackHole === true) return
    if (Math.random() < (trouble.resets ?? 0)) return void [from, to].forEach((socket) => socket.resetAndDestroy())
    const forward = () => to.writable && to.write(piece)
    if (trouble.delayMs === undefined) forward()
    else setTimeout(forward, trouble.delayMs)
  }
  const server = createServer((near) => {
    const far = connect({ host: hostname, port: Number(port), noDelay: true })
    near.setNoDelay(true)
    near.on('data', (piece: Buffer) => {
      if (/^[A-Z]+ \/\S* HTTP\/1\.1\r\n/.test(piece.toString('latin1', 0, 2048))) requests += 1
    })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('data', pass(from, to))
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
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    suffer: (given) => void (trouble = given),
    requests: () => requests,
  }
}
