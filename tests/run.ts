// `npm test`: real PostgreSQL, Redis and NATS are started once, every test file of every room runs against them, and they
// are stopped again. `npm test -- <files>` runs only those. The last line printed is always the count.
import { startTestServers, type TestServers } from '@gatehouse/local/servers/test-servers'
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { createTapReader, summaryLine, type Counts, type FileReport } from './tap-report.ts'

const ROOT = resolve(import.meta.dirname, '..')

const say = (text: string) => {
  process.stdout.write(`${text}\n`)
}

async function main(): Promise<number> {
  let servers: TestServers
  try {
    servers = await startTestServers({
      env: process.env,
      note: (text) => {
        say(`  ${text}`)
      },
    })
  } catch (error) {
    say(
      error instanceof Error && error.name === 'LaunchProblem'
        ? error.message
        : String(error instanceof Error ? error.stack : error),
    )
    say(summaryLine({ passed: 0, failed: 1, skipped: 0 }))
    return 1
  }
  say('servers are up\n')
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      interrupted.abort()
    })
  try {
    const { counts, code } = await runTap({
      files: process.argv.slice(2),
      env: servers.env,
      signal: interrupted.signal,
    })
    // A run that failed as a whole never ends in "0 failed".
    const isTold = code === 0 || counts.failed > 0
    const told = isTold ? counts : { ...counts, failed: 1 }
    await servers.stop()
    say(`\n${summaryLine(told)}`)
    return told.failed === 0 ? 0 : 1
  } catch (error) {
    await servers.stop()
    throw error
  }
}

/** Runs tap once over the files (all, if none are named) and prints a line for each as it ends. */
async function runTap(o: {
  files: string[]
  env: Record<string, string>
  signal: AbortSignal
}): Promise<{ counts: Counts; code: number }> {
  const tap = join(dirname(createRequire(import.meta.url).resolve('tap/package.json')), 'dist/esm/run.mjs')
  const env = { ...process.env, ...o.env, FORCE_COLOR: '0', TAP_CHILD_REPORTER: undefined }
  const child = spawn(process.execPath, [tap, '--reporter=tap', ...o.files], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  o.signal.addEventListener('abort', () => {
    child.kill('SIGTERM')
  })
  const exit = new Promise<number>((settle) => {
    child.once('error', () => {
      settle(1)
    })
    child.once('close', (code) => {
      settle(code ?? 1)
    })
  })
  const reader = createTapReader(print)
  for await (const chunk of child.stdout) reader.stream.write(chunk as Buffer)
  reader.stream.end()
  return { code: await exit, counts: reader.counts() }
}

function print(report: FileReport): void {
  say(`${report.ok ? 'ok    ' : 'NOT OK'} ${report.file}  ${summaryLine(report)}  (${report.seconds.toFixed(1)} s)`)
  for (const line of report.figures) say(`       ${line}`)
  for (const line of report.failures) say(`    ${line}`)
}

process.exitCode = await main()
