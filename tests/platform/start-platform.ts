/**
 * A platform of its own for a test: the launcher as a person would run it, with private servers and data that go away
 * again.
 */
import { compileTree, compiledFile } from '@gatehouse/local/compile/compile-tree'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { leavePlatform } from '../output/run-output.ts'
import { readPlatformFile, type PlatformFile } from './platform-file.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export type StartedPlatform = { platform: PlatformFile; file: string; stop(): Promise<void> }

/**
 * Starts, waits until ready, and returns how to stop. `env` reaches the services that declare the variable; `options`
 * are those of `npm start --`.
 */
export const startPlatform = async (
  env: Record<string, string> = {},
  options: readonly string[] = [],
): Promise<StartedPlatform> => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-platform-'))
  const file = join(data, 'platform.json')
  await compileTree(root)
  const child = spawn(process.execPath, [compiledFile(root, 'infra/local/src/start.ts'), ...options], {
    cwd: root,
    env: { ...process.env, GATEHOUSE_DATA: data, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await exited
    leavePlatform(data)
    rmSync(data, { recursive: true, force: true })
  }
  const deadline = performance.now() + 240_000
  while (!existsSync(file)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop()
      throw new Error(`the platform did not start:\n${output.slice(-4000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { platform: readPlatformFile(file), file, stop }
}
