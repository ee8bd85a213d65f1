// `npm test`: the sources are compiled, real PostgreSQL, Redis and NATS are started once, every test file of every room
// runs against them in a process of its own, and they are stopped again. `npm test -- <files or folders>` runs only
// those. The last line printed is always the count.
import { compileTree, compiledFile } from '@gatehouse/local/compile/compile-tree'
import { startTestServers, type TestServers } from '@gatehouse/local/servers/test-servers'
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { writeAnswers } from './answers/answers-table.ts'
import { lookThrough } from './output/run-output.ts'
import { createFileReader, noCounts, summaryLine, type Counts, type FileReport } from './tap-report.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** A file may take so long in all, a test within it unless it says otherwise. */
const PATIENCE_SECONDS = 1200
/** What every file leaves about the answers it saw, and the table of a whole run. */
const ANSWERS = join(ROOT, '.data/answers')
/** What every file writes, and what may stand in none of it. */
const OUTPUT = join(ROOT, '.data/output')

/** More failed files than these are no accident of a crowded machine. */
const MOST_LOOKED_AT_AGAIN = 3

const say = (text: string) => {
  process.stdout.write(`${text}\n`)
}

async function main(): Promise<number> {
  const { sources } = await compileTree(ROOT)
  const asked = process.argv.slice(2).map((path) => relative(ROOT, resolve(path)))
  const files = testFiles(sources, asked)
  const missing = asked.filter((path) => !files.some((file) => isWithin(file, path)))
  if (missing.length > 0) return cannotRun(`no test files: ${missing.join(', ')}`)
  let servers: TestServers
  try {
    servers = await startTestServers({
      env: process.env,
      note: (text) => {
        say(`  ${text}`)
      },
    })
  } catch (error) {
    if (!(error instanceof Error)) return cannotRun(String(error))
    return cannotRun(error.name === 'LaunchProblem' ? error.message : String(error.stack))
  }
  say('servers are up\n')
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      interrupted.abort()
    })
  try {
    const run = { files, env: servers.env, signal: interrupted.signal }
    for (const folder of [ANSWERS, OUTPUT]) rmSync(folder, { recursive: true, force: true })
    const counts =
      asked.length > 0 ? countsOf(await runFiles(run)) : withOutput(withAnswers(await runWithSecondLook(run)))
    say(`\n${summaryLine(counts)}`)
    return counts.failed === 0 && !interrupted.signal.aborted ? 0 : 1
  } finally {
    await servers.stop()
  }
}

function cannotRun(why: string): number {
  say(why)
  say(summaryLine({ passed: 0, failed: 1, skipped: 0 }))
  return 1
}

/** Every public route has to be seen to succeed somewhere: that is one more thing which passes or fails. */
function withAnswers(counts: Counts): Counts {
  const { summary, missing } = writeAnswers(ANSWERS, `${ANSWERS}.md`)
  say(`\n${missing.length === 0 ? 'ok    ' : 'NOT OK'} ${summary}`)
  for (const route of missing) say(`    no test saw it succeed: ${route}`)
  return missing.length === 0 ? { ...counts, passed: counts.passed + 1 } : { ...counts, failed: counts.failed + 1 }
}

/** No secret and nobody's address stands in anything that was written: one more thing as well. */
function withOutput(counts: Counts): Counts {
  const { texts, bytes, found } = lookThrough(OUTPUT)
  const megabytes = (bytes / 1e6).toFixed(0)
  const summary = `${found.length} of ${texts} secrets and addresses stand in ${megabytes} MB of output`
  const isGood = found.length === 0 && texts > 1000 && bytes > 1e6
  say(`${isGood ? 'ok    ' : 'NOT OK'} ${summary}`)
  for (const place of found.slice(0, 20)) say(`    ${place}`)
  return isGood ? { ...counts, passed: counts.passed + 1 } : { ...counts, failed: counts.failed + 1 }
}

const isWithin = (file: string, path: string): boolean => file === path || file.startsWith(`${path}${sep}`)

/** The test files among the sources, all or those that are named. */
function testFiles(sources: readonly string[], asked: readonly string[]): string[] {
  const all = sources.map((source) => relative(ROOT, source)).filter((file) => file.endsWith('.test.ts'))
  return all.sort().filter((file) => asked.length === 0 || asked.some((path) => isWithin(file, path)))
}

type Run = { files: string[]; env: Record<string, string>; signal: AbortSignal }

/**
 * Runs the files, and the few that failed once more by themselves: a crowded machine is no fault of the product, and a
 * fault of it fails twice. Both results are printed. Many failures get no second look.
 */
async function runWithSecondLook(run: Run): Promise<Counts> {
  const first = await runFiles(run)
  const failed = first.filter(({ ok }) => !ok).map(({ file }) => file)
  if (failed.length === 0 || failed.length > MOST_LOOKED_AT_AGAIN || run.signal.aborted) return countsOf(first)
  say(`\nonce more, alone: ${failed.join(', ')}`)
  const second = await runFiles({ ...run, files: failed })
  const passed = second.filter(({ ok }) => ok).map(({ file }) => file)
  if (passed.length > 0) say(`\nunstable, passed only alone: ${passed.join(', ')}`)
  return countsOf([...first.filter(({ ok }) => ok), ...second])
}

const countsOf = (reports: readonly FileReport[]): Counts =>
  reports.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    noCounts(),
  )

/**
 * Runs each file once and prints a line for each as it ends. Two run at the same time: one lane begins with the files
 * that start whole platforms and wait a lot, the other with those that compute; they meet in between.
 */
async function runFiles({ files, env, signal }: Run): Promise<FileReport[]> {
  const waiting = [...files.filter(startsPlatforms), ...files.filter((file) => !startsPlatforms(file))]
  const reports: FileReport[] = []
  const lane = async (next: () => string | undefined): Promise<void> => {
    for (let file = next(); file !== undefined && !signal.aborted; file = next()) {
      const report = await runFile(file, env, signal)
      print(report)
      reports.push(report)
    }
  }
  await Promise.all([lane(() => waiting.shift()), lane(() => waiting.pop())])
  return reports
}

const startsPlatforms = (file: string): boolean => file.startsWith(`tests${sep}`)

async function runFile(file: string, servers: Record<string, string>, stopped: AbortSignal): Promise<FileReport> {
  const beganAt = performance.now()
  const env = {
    ...process.env,
    ...servers,
    FORCE_COLOR: '0',
    TAP_TIMEOUT: String(PATIENCE_SECONDS),
    ANSWERS_FOLDER: ANSWERS,
    ANSWERS_OF: file,
    RUN_OUTPUT: OUTPUT,
  }
  const recorders = ['answers/record-answers.ts', 'output/record-sensitive.ts'].flatMap((recorder) => [
    '--import',
    compiledFile(ROOT, resolve(ROOT, 'tests', recorder)),
  ])
  const child = spawn(process.execPath, ['--enable-source-maps', ...recorders, compiledFile(ROOT, file)], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // tap ends a file that is late by itself, unless the file holds its thread: then nothing but SIGKILL ends it.
  const late = setTimeout(() => child.kill('SIGKILL'), (PATIENCE_SECONDS + 30) * 1000)
  const stop = () => child.kill()
  stopped.addEventListener('abort', stop, { once: true })
  const { stream, report } = createFileReader()
  child.stdout.pipe(stream)
  const trouble = await new Promise<string | undefined>((settle) => {
    child.once('error', (error) => {
      settle(error.message)
    })
    child.once('close', (code, killed) => {
      settle(code === 0 ? undefined : `ended by ${killed ?? `exit code ${code}`}`)
    })
  })
  clearTimeout(late)
  stopped.removeEventListener('abort', stop)
  return report({ file, seconds: (performance.now() - beganAt) / 1000, trouble })
}

function print(report: FileReport): void {
  say(`${report.ok ? 'ok    ' : 'NOT OK'} ${report.file}  ${summaryLine(report)}  (${report.seconds.toFixed(1)} s)`)
  for (const line of report.figures) say(`       ${line}`)
  for (const line of report.failures) say(`    ${line}`)
}

process.exitCode = await main()
