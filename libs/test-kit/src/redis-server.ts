/**
 * A Redis server of a test's own, so that the test can stop it and hang it. It keeps its port over restarts, and
 * nothing else.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import type { Teardown } from './database.ts'
import { freePort } from './free-port.ts'

export type RedisServer = {
  url: string
  start(): Promise<void>
  /** It forgets everything and goes on. */
  flush(): Promise<void>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Stops answering without closing anything, until `resume`. */
  hang(): void
  resume(): void
}

/**
 * A server that is not started yet; it ends with the test. The binary is `REDIS_SERVER_BINARY`, else `redis-server` on
 * the PATH.
 */
export async function ownRedisServer(t: Teardown): Promise<RedisServer> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  t.teardown(kill)
  return {
    url,
    kill,
    async flush() {
      const client = new Redis(url)
      await client.flushall()
      client.disconnect()
    },
    hang: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async start() {
      const binary = process.env['REDIS_SERVER_BINARY'] ?? 'redis-server'
      child = spawn(binary, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
        stdio: 'ignore',
      })
      const client = new Redis(url, { retryStrategy: () => 20 })
      client.on('error', () => undefined)
      await client.ping()
      client.disconnect()
    },
  }
}
