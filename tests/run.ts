// `npm test`: real PostgreSQL, Redis and NATS are started once, every test file of every room runs against them, and they
// are stopped again. `npm test -- <files>` runs only those. The last line printed is always the count.
import { startTestServers, type TestServers } from '@gatehouse/local/servers/test-servers'
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { createTapReader, summaryLine, type Counts, type FileReport } from './tap-report.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** More failed files than these are no accident of a crowded machine. */
const MOST_LOOKED_AT_AGAIN = 3

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
    const { env } = servers
    const counts = await runWithSecondLook({ files: process.argv.slice(2), env, signal: interrupted.signal })
    await servers.stop()
    say(`\n${summaryLine(counts)}`)
    return counts.failed === 0 ? 0 : 1
  } catch (error) {
    await servers.stop()
    throw error
  }
}

type Run = { files: string[]; env: Record<string, string>; signal: AbortSignal }

/**
 * Runs the files, and the few that failed once more by themselves: a crowded machine is no fault of the product, and a fault
 * of it fails twice. Both results are printed. Files that were named, and many failures, get no second look.
 */
async function runWithSecondLook(run: Run): Promise<Counts> {
  const first = await runTap(run)
  const failed = first.reports.filter(({ ok }) => !ok)
  if (run.files.length > 0 || failed.length === 0 || failed.length > MOST_LOOKED_AT_AGAIN || run.signal.aborted)
    return told(first)
  say(`\nonce more, alone: ${failed.map(({ file }) => file).join(', ')}`)
  const second = await runTap({ ...run, files: failed.map(({ file }) => file) })
  const passed = second.reports.filter(({ ok }) => ok).map(({ file }) => file)
  if (passed.length > 0) say(`\nunstable, passed only alone: ${passed.join(', ')}`)
  const replaced = failed.reduce(minus, first.counts)
  return plus(replaced, told(second))
}

const plus = (one: Counts, other: Counts): Counts => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
})

const minus = (from: Counts, what: Counts): Counts => ({
  passed: from.passed - what.passed,
  failed: from.failed - what.failed,
  skipped: from.skipped - what.skipped,
})

/** A run that failed as a whole never ends in "0 failed". */
const told = ({ counts, code }: { counts: Counts; code: number }): Counts =>
  code === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 }

/** Runs tap once over the files (all, if none are named) and prints a line for each as it ends. */
async function runTap(o: Run): Promise<{ counts: Counts; reports: FileReport[]; code: number }> {
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
  const reports: FileReport[] = []
  const reader = createTapReader((report) => {
    reports.push(report)
    print(report)
  })
  for await (const chunk of child.stdout) reader.stream.write(chunk as Buffer)
  reader.stream.end()
  return { code: await exit, counts: reader.counts(), reports }
}

function print(report: FileReport): void {
  say(`${report.ok ? 'ok    ' : 'NOT OK'} ${report.file}  ${summaryLine(report)}  (${report.seconds.toFixed(1)} s)`)
  for (const line of report.figures) say(`       ${line}`)
  for (const line of report.failures) say(`    ${line}`)
}

process.exitCode = await main()
