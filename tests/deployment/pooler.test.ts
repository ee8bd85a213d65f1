/**
 * A real PgBouncer before PostgreSQL: in session mode a service works as it does without, in transaction mode it is
 * refused with words. From PATH or from the distribution's packages; where there is neither, the reason is printed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, type Program } from '@gatehouse/local/servers/packaged'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { adminUrl, testDatabase } from '@gatehouse/test-kit/database'
import { freePort } from '@gatehouse/test-kit/free-port'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import t, { type Test } from 'tap'

const database = await testDatabase(t, { services: ['orgs'], spineOnly: true })
const direct = new URL(database.url('orgs', 'runtime'))
const admin = connectPostgres({ url: adminUrl(), schema: 'public', applicationName: 'pooler test', max: 1 })
t.teardown(admin.close)
const pathIn = (tree: string): string => join(tree, 'usr/sbin/pgbouncer')
const wanted = { name: 'pgbouncer', packages: ['pgbouncer'], withDependencies: true, pathIn }
const program = await findProgram(wanted, (text) => t.comment(text))
const skip = program === undefined ? 'no PgBouncer on PATH and none to be had from the distribution' : false

/** As the documentation says: the settings of a session are those of the role, and the pooler ignores the start's. */
const ofRole = {
  search_path: 'orgs',
  statement_timeout: '2500',
  lock_timeout: '2000',
  idle_in_transaction_session_timeout: '15000',
}
const role = decodeURIComponent(direct.username)
const change = (words: (name: string, value: string) => string) =>
  Promise.all(
    Object.entries(ofRole).map(([name, value]) =>
      admin.db.execute(`alter role ${role} in database ${direct.pathname.slice(1)} ${words(name, value)}`),
    ),
  )

/** The URL of a pooler in this mode, running until the test ends. */
async function pooled(t: Test, found: Program, mode: 'session' | 'transaction'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pooler-'))
  const port = await freePort()
  const users = join(folder, 'users.txt')
  const settings = join(folder, 'pgbouncer.ini')
  writeFileSync(users, `"${role}" "${decodeURIComponent(direct.password)}"\n`)
  writeFileSync(
    settings,
    [
      '[databases]',
      `* = host=${direct.hostname} port=${direct.port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = plain',
      `auth_file = ${users}`,
      `pool_mode = ${mode}`,
      'default_pool_size = 4',
      `ignore_startup_parameters = ${Object.keys(ofRole).join(',')}`,
      ...(process.getuid?.() === 0 ? ['user = nobody'] : []),
    ].join('\n'),
  )
  chmodSync(folder, 0o755)
  for (const file of [users, settings]) chmodSync(file, 0o644)
  const child = spawn(found.file, [settings], { env: found.env, stdio: 'ignore' })
  t.teardown(async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  })
  const url = new URL(direct)
  url.host = `127.0.0.1:${port}`
  return url.href
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode === null && child.kill('SIGKILL')) await gone
}

const connect = (t: Test, url: string) => {
  const connection = connectPostgres({ url, schema: 'orgs', applicationName: 'pooled', max: 3 })
  t.teardown(connection.close)
  return connection
}
/** What the pooler says once it listens: nothing when it is good. */
async function verdict(connection: { ping(): Promise<void> }): Promise<string> {
  let said = ''
  await waitUntil('the pooler answers', async () => {
    said = await connection.ping().then(
      () => 'good',
      (error: unknown) => String(error),
    )
    return !/ECONNREFUSED|CONNECT_TIMEOUT/.test(said)
  })
  return said
}

t.test('session mode without the settings of the role: refused, because the session has none', { skip }, async (t) => {
  const connection = connect(t, await pooled(t, program as Program, 'session'))
  t.match(await verdict(connection), /session mode/)
})

t.test('session mode with them: as good as no pooler, and no scope is left to the next', { skip }, async (t) => {
  await change((name, value) => `set ${name} = ${value}`)
  const connection = connect(t, await pooled(t, program as Program, 'session'))
  t.equal(await verdict(connection), 'good')
  const scoped = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const orgId = newId('org')
      return await inScope(connection.db, { orgId }, async (tx) => {
        const [row] = await tx.execute<{ scope: string }>(sql`select current_setting('app.org_id') as scope`)
        return row?.scope
      })
    }),
  )
  t.equal(new Set(scoped).size, 60, 'each saw its own scope')
  const [after] = await connection.db.execute<{ scope: string }>(
    sql`select coalesce(current_setting('app.org_id', true), '') as scope`,
  )
  t.equal(after?.scope, '')
})

t.test('transaction mode with them: refused in words, where it would stand still', { skip }, async (t) => {
  await change((name, value) => `set ${name} = ${value}`)
  const connection = connect(t, await pooled(t, program as Program, 'transaction'))
  t.match(await verdict(connection), /has to be in session mode/)
  t.match(await verdict(connection), /has to be in session mode/, 'and again')
})
