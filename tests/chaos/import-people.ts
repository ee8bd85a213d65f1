/**
 * Imports many people with four kinds of hash through the command, on a platform of its own: identity is killed with -9
 * after a quarter of them, the command itself after a half, and each time the same command goes on. Tells the rate, the
 * memory of the command and of identity, and what came of it: everybody once, and a first sign-in of each kind.
 * `node --import tsx tests/chaos/import-people.ts 100000`
 */
import { spawn } from 'node:child_process'
import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createApi, until } from '../platform/client.ts'
import { signIn } from '../platform/people.ts'
import { readPlatformFile } from '../platform/platform-file.ts'
import { startPlatform } from '../platform/start-platform.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const people = Number(process.argv[2] ?? 1000)
const mostRuns = 10
const password = 'correct horse battery staple 4711'
const salt = randomBytes(16)
const text = (bytes: Buffer): string => bytes.toString('base64')
/** All of that password: bcrypt, scrypt, PBKDF2, argon2id below our own parameters. */
const hashes = [
  '$2b$10$Ldd0Z59njKD1ijimI5Tcnu/CRZ6TCNyHjd5q04OIkZyItNL8RDMvW',
  `$scrypt$ln=14,r=8,p=1$${text(salt)}$${text(scryptSync(password, salt, 32, { N: 16_384, r: 8, p: 1 }))}`,
  `$pbkdf2-sha256$i=100000$${text(salt)}$${text(pbkdf2Sync(password, salt, 100_000, 32, 'sha256'))}`,
  '$argon2id$v=19$m=8192,t=1,p=1$/YcHr62E215+In1rlisgcA$kCUbqz1eRE8pH/YZ5hB2bX7/VArvyNWrZuqcreIF1dc',
] as const
const addressOf = (n: number): string => `imported${n}@example.test`

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'))
const file = join(folder, 'people.ndjson')
function* lines(): Generator<string> {
  for (let n = 0; n < people; n += 1) {
    const person = { external_id: `x${n}`, email: addressOf(n), name: `Person ${n}` }
    yield `${JSON.stringify({ ...person, password_hash: hashes[n % hashes.length] })}\n`
  }
}
await pipeline(Readable.from(lines()), createWriteStream(file, { mode: 0o600 }))

const unlimited = { GATEWAY_RATE_LIMIT_PER_MINUTE: '0', GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '0' }
const started = await startPlatform(unlimited)
const { admin, gateway } = started.platform
const api = createApi(started.platform)
const identityPid = (): number => readPlatformFile(started.file).processes['identity'] ?? 0
/** A process that has just ended has none. */
function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
const most = { command: 0, identity: 0 }

/** A token lives five minutes and identity may be gone just now. */
const freshToken = (): Promise<string> =>
  until(
    'a token',
    () =>
      signIn(api, { ...admin, organization: null })
        .then(({ access }) => access)
        .catch(() => undefined),
    60_000,
  )

type Run = { code: number | null; last: string }

async function runCommand(onLine: (line: number, pid: number) => void): Promise<Run> {
  const env = { ...process.env, GATEHOUSE_URL: gateway, GATEHOUSE_TOKEN: await freshToken() }
  const args = ['--import', 'tsx', 'infra/local/src/people.ts', 'import', file, '--reason', 'an import under kills']
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] })
  const pid = child.pid ?? 0
  const watch = setInterval(() => {
    most.command = Math.max(most.command, residentMb(pid))
    most.identity = Math.max(most.identity, residentMb(identityPid()))
  }, 200)
  let last = ''
  child.stderr.on('data', (chunk: Buffer) => {
    last = chunk.toString().trim().split('\n').at(-1) ?? ''
    const line = /^line (\d+)/.exec(last)?.[1]
    if (line !== undefined) onLine(Number(line), pid)
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearInterval(watch)
  return { code, last }
}

async function importUnderKills(): Promise<number> {
  const due = new Set(['identity', 'the command'])
  const kill = (what: string, pid: number, line: number): void => {
    if (!due.delete(what)) return
    console.log(`line ${line}: ${what} is killed`)
    process.kill(pid, 'SIGKILL')
  }
  for (let run = 1; run <= mostRuns; run += 1) {
    const { code, last } = await runCommand((line, pid) => {
      if (line >= people / 4) kill('identity', identityPid(), line)
      if (line >= people / 2) kill('the command', pid, line)
    })
    console.log(`run ${run} ended with ${code}: ${last}`)
    if (code === 0 && due.size === 0) return run
  }
  throw new Error(`it was not done after ${mostRuns} runs`)
}

/** Wrong passwords are refused, the right one gets in, at once and again with the hash that took its place. */
async function firstSignIns(): Promise<string[]> {
  const statuses: string[] = []
  for (const [n] of hashes.entries()) {
    const email = addressOf(n)
    const login = async (tried: string): Promise<number> =>
      (await api.call('POST', '/v1/auth/login', { body: { email, password: tried } })).status
    statuses.push([await login('not the right one at all'), await login(password), await login(password)].join(' '))
  }
  return statuses
}

try {
  const begun = performance.now()
  await importUnderKills()
  const seconds = (performance.now() - begun) / 1000
  console.log(`${people} people in ${seconds.toFixed(1)} s, kills included: ${(people / seconds).toFixed(0)} a second`)
  console.log(`most memory: command ${most.command.toFixed(0)} MB, identity ${most.identity.toFixed(0)} MB`)
  const again = await runCommand(() => {})
  console.log(`the whole file again: ${again.last}`)
  const signIns = await firstSignIns()
  console.log(`first sign-ins, wrong and right and again: ${signIns.join(' | ')}`)
  const isEverybodyOnce = again.last === `line ${people}: 0 created, ${people} unchanged, 0 refused`
  const isGood = isEverybodyOnce && signIns.every((statuses) => statuses === '401 200 200')
  if (existsSync(`${file}.errors.ndjson`)) console.log(readFileSync(`${file}.errors.ndjson`, 'utf8').slice(0, 1000))
  process.exitCode = isGood ? 0 : 1
} finally {
  await started.stop()
  rmSync(folder, { recursive: true, force: true })
}
