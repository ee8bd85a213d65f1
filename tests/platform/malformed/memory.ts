/** How much of each service's memory is alive: what its heap holds once all garbage is collected. */
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { WebSocket } from 'undici'
import type { PlatformFile } from '../platform-file.ts'

/** Where Node's inspector listens once a process is sent SIGUSR1: one process at a time. */
const inspector = 'http://127.0.0.1:9229/json'

/** Bytes alive by service, one after another. */
export async function memoryOf({ processes, management }: PlatformFile): Promise<Record<string, number>> {
  const held: Record<string, number> = {}
  for (const name of Object.keys(management)) held[name] = await aliveIn(processes[name] ?? 0)
  return held
}

async function aliveIn(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR1')
  let url: string | undefined
  await waitUntil(`process ${pid} can be inspected`, async () => {
    url = (await targets())[0]?.webSocketDebuggerUrl
    return url !== undefined
  })
  const { ask, close } = await connected(url ?? '')
  try {
    await ask('HeapProfiler.enable')
    await ask('HeapProfiler.collectGarbage')
    const { usedSize } = (await ask('Runtime.getHeapUsage')) as { usedSize: number }
    return usedSize
  } finally {
    const end = "setTimeout(() => process.getBuiltinModule('inspector').close(), 50); 0"
    await ask('Runtime.evaluate', { expression: end })
    close()
    await waitUntil('the inspector is closed', async () => (await targets()).length === 0)
  }
}

/** Empty while no inspector listens. */
const targets = async (): Promise<{ webSocketDebuggerUrl: string }[]> => {
  try {
    return (await (await fetch(inspector)).json()) as { webSocketDebuggerUrl: string }[]
  } catch {
    return []
  }
}

type Session = { ask(method: string, params?: object): Promise<unknown>; close(): void }

async function connected(url: string): Promise<Session> {
  const socket = new WebSocket(url)
  const waiting = new Map<number, (result: unknown) => void>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', reject, { once: true })
  })
  let last = 0
  return {
    ask: (method, params = {}) =>
      new Promise((resolve) => {
        last += 1
        waiting.set(last, resolve)
        socket.send(JSON.stringify({ id: last, method, params }))
      }),
    close: () => socket.close(),
  }
}
