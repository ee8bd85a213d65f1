/**
 * The program a migration Job runs: with the administrator's URL it makes database, schema and roles; a replica waits
 * for the schema of its version; what it is told wrongly it says completely, with exit code 78.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { adminUrl, testPassword } from '@gatehouse/test-kit/database'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import { roleUrl, rolesOf } from '@gatehouse/service-kit/postgres/provision'
import { sql } from 'drizzle-orm'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'services/orgs/src/migrate.ts')
const database = `gatehouse_test_${randomBytes(6).toString('hex')}`
const roles = rolesOf('orgs')
const urlOf = (role: string): string => roleUrl({ adminUrl: adminUrl(), database, role, password: testPassword(role) })
const urls = {
  DATABASE_OWNER_URL: urlOf(roles.owner),
  DATABASE_RUNTIME_URL: urlOf(roles.runtime),
  DATABASE_SYSTEM_URL: urlOf(roles.system),
}

const start = (env: Record<string, string>, args: string[] = []) => {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const told = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        resolve()
      })
  })
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  )
  t.teardown(() => child.kill('SIGKILL'))
  return { told, ended, isRunning: () => child.exitCode === null, output: () => output }
}

t.teardown(async () => {
  const admin = connectPostgres({ url: adminUrl(), schema: 'public', applicationName: 'test', max: 1 })
  await admin.db.execute(sql.raw(`drop database if exists ${database} with (force)`))
  await admin.close()
})

t.test('wrong settings are all said, with exit code 78', async (t) => {
  const { code, output } = await start({
    DATABASE_URL: adminUrl(),
    DATABASE_OWNER_URL: urls.DATABASE_RUNTIME_URL,
    DATABASE_SYSTEM_URL: 'postgres://orgs_system@db/gatehouse',
  }).ended
  t.equal(code, 78)
  t.match(output, /DATABASE_OWNER_URL must sign in as orgs_owner/)
  t.match(output, /DATABASE_SYSTEM_URL has no password in it/)
  t.match(output, /DATABASE_RUNTIME_URL is required .* beside DATABASE_URL/)
})

t.test('a replica waits until the job has brought the schema of its version', async (t) => {
  const replica = start({ DATABASE_SYSTEM_URL: urls.DATABASE_SYSTEM_URL }, ['--wait'])
  await replica.told
  t.match(replica.output(), /orgs waits for its schema/)
  t.ok(replica.isRunning())
  const job = await start({ DATABASE_URL: adminUrl(), ...urls }).ended
  t.same([job.code, job.output], [0, 'orgs: the schema is at this version\n'])
  t.equal((await replica.ended).code, 0)
  t.equal((await start({ DATABASE_URL: adminUrl(), ...urls }).ended).code, 0, 'and once more changes nothing')
})
