// Faults that no promise of ours carries: which of them a process outlives, and that every holder of connections begins
// afresh.
import { createServer, connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { onDriverFault, outliveDriverFault } from '../../src/postgres/driver-faults.ts'

/** The error of a socket whose peer reset it, as Node makes it. */
async function resetOfASocket(): Promise<Error> {
  const server = createServer((socket) => void socket.resetAndDestroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const err = await new Promise<Error>((resolve) => client.once('error', resolve))
  server.close()
  return err
}

t.test('a reset that the driver hands on without a frame of its own is outlived', async (t) => {
  let restarts = 0
  t.teardown(onDriverFault(() => (restarts += 1)))
  const err = await resetOfASocket()
  t.match(err, { code: 'ECONNRESET' })
  t.notMatch(err.stack ?? '', /postgres/)
  t.equal(outliveDriverFault(err), true)
  t.equal(restarts, 1)
})

t.test('an error of our own code is not, whatever it is called', (t) => {
  t.equal(outliveDriverFault(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })), false)
  t.equal(outliveDriverFault(new TypeError('nextWrite is not a function')), false)
  t.equal(outliveDriverFault('ECONNRESET'), false)
  t.end()
})
