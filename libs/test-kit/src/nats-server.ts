/**
 * A NATS server of a test's own, so that the test can stop it, hang it and wipe its store. It keeps its port over
 * restarts. The binary is `NATS_SERVER_BINARY`, else `nats-server` on the PATH.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Teardown } from './database.ts'
import { freePort } from './free-port.ts'
import { waitUntil } from './wait-until.ts'

export type NatsServer = {
  url: string
  start(): Promise<void>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Loses everything JetStream kept; only while it is down. */
  wipe(): void
  /** Stops answering without closing anything, until `resume`. */
  hang(): void
  resume(): void
}

const password = 'test'

/** A running server; it ends with the test. */
export async function startNatsServer(t: Teardown): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nats-'))
  const store = join(folder, 'store')
  const port = await freePort()
  const config = join(folder, 'nats.conf')
  writeFileSync(
    config,
    `listen: 127.0.0.1:${port}\njetstream { store_dir: "${store}", max_mem: 256MB, max_file: 1GB }\nauthorization ` +
      `{ user: test, password: ${password} }\n`,
  )
  let child: ChildProcess | undefined

  const start = async () => {
    const started = spawn(process.env['NATS_SERVER_BINARY'] ?? 'nats-server', ['-c', config], { stdio: 'ignore' })
    child = started
    let failure: Error | undefined
    started.once('error', (error) => (failure = error))
    await waitUntil('the NATS server answers', async () => {
      if (failure !== undefined) throw failure
      if (started.exitCode !== null) throw new Error('The NATS server ended at once')
      return accepts(port)
    })
  }
  const kill = async () => {
    const ending = child
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
    const ended = new Promise((resolve) => ending.once('exit', resolve))
    ending.kill('SIGKILL')
    await ended
  }
  t.teardown(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await start()
  return {
    url: `nats://test:${password}@127.0.0.1:${port}`,
    start,
    kill,
    wipe: () => rmSync(store, { recursive: true, force: true }),
    hang: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('data', () => (socket.destroy(), resolve(true)))
    socket.once('error', () => resolve(false))
  })
