// `npm start`: the whole platform on this machine, in the foreground. Takes the lock, starts everything, tells what to
// do next, keeps it running, and stops it in order when asked. Exit code 0 after a stop that was asked for, 1
// otherwise.
import { Command, InvalidArgumentError } from 'commander'
import { rmSync } from 'node:fs'
import { launchTasks, type Launch, type Running } from './launch.ts'
import { isLaunchProblem } from './launch-problem.ts'
import { chooseGatewayPort } from './platform/choose-ports.ts'
import { replicaNames } from './platform/services.ts'
import { platformFile, type PlatformFile } from './platform/platform-file.ts'
import { summary } from './platform/summary.ts'
import { stopLeftovers } from './processes/leftovers.ts'
import { createSupervisor, type ProcessRecord } from './processes/supervisor.ts'
import { openDataFolder } from './state/data-folder.ts'
import { readReport, writeJson } from '@gatehouse/deploy/secrets/json-file'
import { takeLock } from './state/lock.ts'
import { onOrphaned } from './processes/orphaned.ts'
import { resetData } from './state/reset.ts'
import { openSettings } from './state/settings.ts'

const STOP_ORDER = [
  ['gateway'],
  ['workers', 'orgs', 'authz', 'identity'],
  ['tokens'],
  ['mailbox'],
  ['postgres', 'redis', 'nats'],
]
/** npm passes Ctrl-C on to a child that has already got it; only a later one means "now". */
const IMPATIENT_AFTER_MS = 1000

const say = (text: string) => {
  process.stdout.write(`${text}\n`)
}

function wholeNumber(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 9) return count
  throw new InvalidArgumentError('Give a number from 1 to 9.')
}

/** Settles when somebody wants the platform to stop. */
function untilAsked(): Promise<void> {
  return new Promise((resolve) => {
    onOrphaned(resolve)
    let askedAt: number | undefined
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (askedAt === undefined) resolve()
        else if (performance.now() - askedAt > IMPATIENT_AFTER_MS) process.exit(1)
        askedAt ??= performance.now()
      })
    }
  })
}

async function main(): Promise<number> {
  const options = new Command('npm start --')
    .description('Runs the whole platform on this machine, with its own PostgreSQL, Redis and NATS.')
    .option('--reset', 'delete all local data first')
    .option('--no-demo', 'do not make demo accounts')
    .option('--built <folder>', 'run what `npm run build` made there, as in production, instead of the sources')
    .option('--replicas <count>', 'processes of each service, behind a balancer', wholeNumber, 1)
    .parse()
    .opts<{ reset?: boolean; demo: boolean; built?: string; replicas: number }>()
  const startedAt = performance.now()
  const asked = untilAsked()
  await chooseGatewayPort(process.env)
  let data = openDataFolder(process.env)
  const release = takeLock({ file: data.lockFile, address: () => readReport<PlatformFile>(data.platformFile)?.gateway })
  try {
    rmSync(data.platformFile, { force: true })
    const leftovers = await stopLeftovers(data.processesFile)
    if (leftovers.length > 0) say(`Stopped what an earlier run left behind: ${leftovers.join(', ')}.`)
    if (options.reset === true) {
      resetData(data, process.env)
      data = openDataFolder(process.env)
    }
    return await run({
      data,
      withDemo: options.demo,
      code: { built: options.built },
      replicas: options.replicas,
      asked,
      startedAt,
    })
  } finally {
    release()
  }
}

async function run(
  o: Pick<Launch, 'data' | 'withDemo' | 'code' | 'replicas'> & { asked: Promise<void>; startedAt: number },
): Promise<number> {
  const { data } = o
  const running: Running = { urls: {}, ownPorts: {}, notes: [] }
  const settings = openSettings(data.settingsFile)
  let isReady = false
  const writePlatform = (record: ProcessRecord): PlatformFile | undefined => {
    if (!isReady || running.facts === undefined) return undefined
    const processes = Object.fromEntries(Object.entries(record).map(([name, { pid }]) => [name, pid]))
    const platform = platformFile({
      facts: running.facts,
      mailbox: running.mailbox ?? '',
      demo: running.demo,
      processes,
    })
    writeJson(data.platformFile, platform)
    return platform
  }
  const supervisor = createSupervisor({
    say,
    onChange: (record) => {
      writeJson(data.processesFile, record)
      writePlatform(record)
    },
  })
  const tasks = launchTasks({ ...o, env: process.env, settings, supervisor })
  const started = tasks.run(running).then(() => 'started' as const)
  const outcome = await Promise.race([started, o.asked.then(() => 'asked' as const)]).catch((error: unknown) => ({
    error,
  }))
  if (outcome === 'started') {
    isReady = true
    const platform = writePlatform(supervisor.record())
    for (const note of running.notes) say(note)
    if (platform !== undefined)
      say(summary({ platform, file: data.platformFile, seconds: (performance.now() - o.startedAt) / 1000 }))
    await o.asked
  }
  started.catch(() => undefined)
  if (typeof outcome === 'string') say('\nStopping …')
  isReady = false
  rmSync(data.platformFile, { force: true })
  await supervisor.stop(STOP_ORDER.map((group) => group.flatMap((name) => replicaNames(name, o.replicas))))
  if (typeof outcome !== 'string') throw outcome.error
  say('Stopped. The data stays.')
  return 0
}

// A reader that goes away (`npm start | head`) is no reason to die.
process.stdout.on('error', () => undefined)
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isForPeople = isLaunchProblem(error) || (error as Error).name === 'UnreadableFile'
    const detail = error instanceof Error ? error.stack : String(error)
    process.stderr.write(`${isForPeople ? (error as Error).message : detail}\n`)
    process.exit(1)
  },
)
