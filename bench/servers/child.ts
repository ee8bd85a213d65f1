/**
 * A server as a child process on its core: started, waited for, ended. Its output is kept only to say why it failed.
 */
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { onCore } from '../load/affinity.ts'
import type { Cleanup } from './cleanup.ts'

export type Child = { readonly pid: number; stop(): Promise<void> }

/** @param o.isReady asked again and again until it is true */
export async function startChild(
  cleanup: Pick<Cleanup, 'teardown'>,
  o: {
    name: string
    command: string
    args: readonly string[]
    env?: NodeJS.ProcessEnv
    cwd?: string
    isReady(): Promise<boolean>
  },
): Promise<Child> {
  const [command, args] = onCore('server', o.command, o.args)
  const child = spawn(command, args, {
    env: o.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(o.cwd === undefined ? {} : { cwd: o.cwd }),
  })
  let said = ''
  let failure: Error | undefined
  child.once('error', (error) => (failure = error))
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 8000)
    await exited
    clearTimeout(timer)
  }
  cleanup.teardown(stop)
  await waitUntil(
    `${o.name} answers`,
    async () => {
      if (failure !== undefined || child.exitCode !== null)
        throw new Error(`${o.name} did not start: ${failure?.message ?? said}`)
      return o.isReady().catch(() => false)
    },
    60_000,
  )
  if (child.pid === undefined) throw new Error(`${o.name} has no process`)
  return { pid: child.pid, stop }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

export const answersOk = async (url: string): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok
