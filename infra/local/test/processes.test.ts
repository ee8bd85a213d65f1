import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { isAlive, stopLeftover } from '@gatehouse/local/processes/process-facts'
import type { ProcessSpec } from '@gatehouse/local/processes/process-spec'
import { startProcess } from '@gatehouse/local/processes/start-process'
import { createSupervisor } from '@gatehouse/local/processes/supervisor'
import { freePort, holdsPort } from '@gatehouse/local/servers/ports'

type Test = { teardown: (end: () => void) => void }

const folderOf = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-processes-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await sleep(10)
  }
}

const LISTENER = "require('node:http').createServer((_, r) => r.end('ok')).listen(Number(process.argv[1]), '127.0.0.1')"

async function specOf(t: Test, o: { script?: string; name?: string } = {}): Promise<ProcessSpec> {
  const port = await freePort()
  return {
    name: o.name ?? 'listener',
    command: process.execPath,
    args: ['-e', o.script ?? LISTENER, String(port)],
    env: { PATH: process.env['PATH'] },
    cwd: '/',
    port,
    marker: String(port),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 2000,
    startTimeoutMs: 10_000,
    logFile: join(folderOf(t), 'log'),
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/`)).ok,
  }
}

t.test('a child that is killed is named with the reason and comes back under a new pid', async (t) => {
  const said: string[] = []
  const supervisor = createSupervisor({ say: (line) => said.push(line), onChange: () => undefined })
  t.teardown(() => supervisor.stop([]))
  await supervisor.start(await specOf(t))
  const first = supervisor.record()['listener']?.pid ?? 0
  process.kill(first, 'SIGKILL')
  await until('the child to be back', () => said.some((line) => line.startsWith('listener is back after ')))
  const second = supervisor.record()['listener']?.pid ?? 0
  t.not(second, first)
  t.ok(isAlive(second))
  t.equal(said[0], 'listener ended (killed by SIGKILL); starting it again')
})

t.test('a child that cannot start says why', async (t) => {
  const supervisor = createSupervisor({ say: () => undefined, onChange: () => undefined })
  t.teardown(() => supervisor.stop([]))
  const spec = await specOf(t, { script: "console.error('Error: the setting X is missing'); process.exit(78)" })
  await t.rejects(
    supervisor.start(spec),
    /listener did not start: exit code 78, Error: the setting X is missing. Its log says more/,
  )
  t.same(supervisor.record(), {}, 'and leaves nothing behind')
})

t.test('somebody else’s answer on the port does not count as the child’s', async (t) => {
  const supervisor = createSupervisor({ say: () => undefined, onChange: () => undefined })
  t.teardown(() => supervisor.stop([]))
  const theirs = await specOf(t, { name: 'theirs' })
  await supervisor.start(theirs)
  const ours = { ...theirs, name: 'ours', args: ['-e', 'setInterval(() => {}, 1000)'], startTimeoutMs: 300 }
  await t.rejects(supervisor.start(ours), /ours did not start/)
  t.equal(holdsPort(process.pid, theirs.port), process.platform !== 'linux')
})

t.test('stopping ends groups in order, a stubborn child too, and starts nothing any more', async (t) => {
  const supervisor = createSupervisor({ say: () => undefined, onChange: () => undefined })
  const folder = folderOf(t)
  const script = (name: string) =>
    `${LISTENER}; process.on('SIGTERM', () => { require('node:fs').appendFileSync('${folder}/order', '${name} '); ` +
    `${name === 'stubborn' ? '' : 'process.exit(0)'} })`
  for (const name of ['last', 'first', 'stubborn'])
    await supervisor.start({ ...(await specOf(t, { name, script: script(name) })), stopTimeoutMs: 300 })
  const pids = Object.values(supervisor.record()).map(({ pid }) => pid)
  await supervisor.stop([['first'], ['stubborn']])
  t.equal(readFileSync(join(folder, 'order'), 'utf8'), 'first stubborn last ')
  t.notOk(pids.some(isAlive))
  await t.rejects(supervisor.start(await specOf(t)), /everything is being stopped/)
})

t.test(
  'children do not outlive a launcher that is killed with -9',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = folderOf(t)
    const port = await freePort()
    const program = `
    import { createSupervisor } from '@gatehouse/local/processes/supervisor'
    import { writeFileSync } from 'node:fs'
    const supervisor = createSupervisor({ say: () => {}, onChange: () => {} })
    await supervisor.start({
      name: 'child', command: process.execPath, args: ['-e', ${JSON.stringify(LISTENER)}, '${port}'],
      env: process.env, cwd: '/', port: ${port}, marker: '${port}', logFile: '${folder}/log',
      stopSignal: 'SIGTERM', stopTimeoutMs: 1000, startTimeoutMs: 10000,
      isReady: async () => (await fetch('http://127.0.0.1:${port}')).ok,
    })
    writeFileSync('${folder}/pid', String(supervisor.record().child.pid))
    setInterval(() => {}, 1000)`
    mkdirSync(join(import.meta.dirname, '.scratch'), { recursive: true })
    const file = join(import.meta.dirname, '.scratch', `launcher-${process.pid}.mjs`)
    writeFileSync(file, program)
    t.teardown(() => {
      rmSync(join(import.meta.dirname, '.scratch'), { recursive: true, force: true })
    })
    const launcher = spawn(process.execPath, ['--import', 'tsx', file], { stdio: 'inherit' })
    const pidOfChild = (): number => {
      try {
        return Number(readFileSync(join(folder, 'pid'), 'utf8'))
      } catch {
        return 0
      }
    }
    await until('the child to run', () => pidOfChild() > 0)
    launcher.kill('SIGKILL')
    await until('the child to be gone', () => !isAlive(pidOfChild()))
    t.pass('gone')
  },
)

t.test('a process that ended and was not reaped is not alive', async (t) => {
  // The shell becomes a program that never asks after the child it inherited.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => {
    parent.kill('SIGKILL')
  })
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (text: Buffer) => resolve(Number(text))),
  )
  await until('the child to be a zombie', () => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
  t.notOk(isAlive(pid))
  t.equal(await stopLeftover({ pid, marker: 'sleep', signal: 'SIGTERM', timeoutMs: 500 }), false)
})

t.test('what npm started learns that npm is gone', async (t) => {
  const file = new URL('../src/processes/orphaned.ts', import.meta.url).href
  const folder = folderOf(t)
  const program =
    `import { onOrphaned } from '${file}'; import { writeFileSync } from 'node:fs'; onOrphaned(() => ` +
    `{ writeFileSync('${folder}/told', ''); process.exit() }); writeFileSync('${folder}/begun', ''); ` +
    `setInterval(() => {}, 1000)`
  const shell = spawn('sh', ['-c', `"${process.execPath}" --import tsx --input-type=module -e "$PROGRAM"; true`], {
    env: { ...process.env, PROGRAM: program, npm_lifecycle_event: 'start' },
    stdio: 'inherit',
    cwd: import.meta.dirname,
  })
  await until('the child to run', () => existsSync(`${folder}/begun`))
  shell.kill('SIGTERM')
  await until('the child to be told', () => existsSync(`${folder}/told`))
  t.pass('told')
})

t.test('a log names what was started even if that never says a word', async (t) => {
  const folder = folderOf(t)
  const mute = await specOf(t, { name: 'mute', script: 'setInterval(() => {}, 1000)' })
  await t.rejects(startProcess({ ...mute, logFile: `${folder}/mute.log`, startTimeoutMs: 300 }), /not ready after/)
  t.match(readFileSync(`${folder}/mute.log`, 'utf8'), /launcher: starts mute/)
})

t.test('a leftover is stopped only if its command line agrees', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'marker-4711'], { stdio: 'ignore' })
  t.teardown(() => {
    child.kill('SIGKILL')
  })
  const pid = child.pid ?? 0
  await until('the program to run', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('marker-4711'))
  t.equal(await stopLeftover({ pid, marker: 'something else', signal: 'SIGTERM', timeoutMs: 500 }), false)
  t.ok(isAlive(pid))
  t.equal(await stopLeftover({ pid, marker: 'marker-4711', signal: 'SIGTERM', timeoutMs: 2000 }), true)
  t.notOk(isAlive(pid))
})
