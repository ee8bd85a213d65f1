// Stands for a Kubernetes Service: one port, several replicas behind it, taken in turn by connection. A replica that
// does not listen (not yet, no more) is passed over, so that the others serve.
import { connect, createServer, type Socket } from 'node:net'

export type Balancer = { close: () => void }

/** @param o.targets ports on loopback; at least one */
export function startBalancer(o: { port: number; targets: readonly number[] }): Promise<Balancer> {
  const open = new Set<Socket>()
  let turn = 0
  const server = createServer({ allowHalfOpen: true }, (client) => {
    hold(open, client)
    turn = (turn + 1) % o.targets.length
    join(client, [...o.targets.slice(turn), ...o.targets.slice(0, turn)], open)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: o.port, host: '127.0.0.1', exclusive: true }, () => {
      resolve({
        close: () => {
          server.close()
          for (const socket of open) socket.destroy()
        },
      })
    })
  })
}

function join(client: Socket, targets: readonly number[], open: Set<Socket>): void {
  const [port, ...others] = targets
  if (port === undefined) {
    client.destroy()
    return
  }
  const replica = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  hold(open, replica)
  replica.once('error', () => {
    join(client, others, open)
  })
  replica.once('connect', () => {
    replica.removeAllListeners('error').on('error', () => client.destroy())
    client.on('error', () => replica.destroy()).once('close', () => replica.destroy())
    replica.once('close', () => client.destroy())
    client.setNoDelay(true).pipe(replica.setNoDelay(true)).pipe(client)
  })
}

function hold(open: Set<Socket>, socket: Socket): void {
  open.add(socket)
  socket.on('error', () => undefined).once('close', () => open.delete(socket))
}
