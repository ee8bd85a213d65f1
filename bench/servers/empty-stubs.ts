/**
 * As many servers of our framework as there are services, each with one route that does nothing: what P10 compares
 * with.
 */
import { fileURLToPath } from 'node:url'
import { nodeFlags } from '@gatehouse/deploy/node-flags'
import { answersOk, freePort, startChild } from './child.ts'
import type { Cleanup } from './cleanup.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Plain JavaScript, because a loader would be measured as well. It must not outlive whoever started it. */
const stub = `const app = require('fastify')()
app.get('/', async () => ({}))
app.listen({ port: Number(process.argv[1]), host: '127.0.0.1' })
process.stdin.once('end', () => process.exit(0)).resume()`

/** @returns their process ids */
export async function startEmptyStubs(cleanup: Cleanup, count: number): Promise<number[]> {
  const start = async (): Promise<number> => {
    const port = await freePort()
    const { pid } = await startChild(cleanup, {
      name: 'an empty stub',
      command: process.execPath,
      args: [...nodeFlags, '-e', stub, String(port)],
      cwd: root,
      isReady: () => answersOk(`http://127.0.0.1:${port}`),
    })
    return pid
  }
  const pids: number[] = []
  for (let n = 0; n < count; n += 1) pids.push(await start())
  return pids
}
