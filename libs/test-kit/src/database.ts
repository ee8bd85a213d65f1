/**
 * A database for one test file: cloned in some 25 ms from a template that was provisioned and migrated once, dropped
 * when the file ends. The template is named after the migrations it holds, so a changed migration makes a new one.
 * Needs `DATABASE_URL`, an administrator's.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { connectPostgres, type Db } from '@gatehouse/service-kit/postgres/connect'
import { migrateService } from '@gatehouse/spine/migrate/migrate-service'
import { provisionDatabase, roleUrl, rolesOf } from '@gatehouse/service-kit/postgres/provision'

export type Role = 'owner' | 'runtime' | 'system'
/** What a test file needs of tap. */
export type Teardown = { teardown(close: () => unknown): void }

export type TestDatabase = {
  name: string
  /** The connection URL of one role. */
  url(service: ServiceName, role: Role): string
  /** A pool of one role, closed with the test. 4 connections unless `max` says otherwise. */
  connect(service: ServiceName, role: Role, max?: number): Db
}

const root = new URL('../../../', import.meta.url)
const folderOf = (service: string): string => fileURLToPath(new URL(`services/${service}/migrations`, root))
const spineFolder = fileURLToPath(new URL('libs/spine/migrations', root))

/** The administrator's URL of the server all test files share. */
export function adminUrl(): string {
  const url = process.env['DATABASE_URL']
  if (url === undefined || url === '')
    throw new Error('DATABASE_URL is not set: run the tests with `npm test`, or give the URL of an administrator')
  return url
}

/**
 * Roles belong to the server, so every test process must come to the same passwords: they follow from the
 * administrator's.
 */
export const testPassword = (role: string): string =>
  createHmac('sha256', new URL(adminUrl()).password).update(role).digest('hex')

/** A fresh, migrated database holding the schemas of `services`; `spineOnly` leaves out their own migrations. */
export async function testDatabase(
  t: Teardown,
  o: { services: readonly ServiceName[]; spineOnly?: boolean },
): Promise<TestDatabase> {
  const template = await ensureTemplate(o.services, o.spineOnly ?? false)
  const name = `gatehouse_test_${randomBytes(6).toString('hex')}`
  await withAdmin(adminUrl(), (admin) => admin`create database ${admin(name)} template ${admin(template)}`)
  await adopt(name, o.services)
  const open: { close(): Promise<void> }[] = []
  t.teardown(async () => {
    await Promise.all(open.map((connection) => connection.close().catch(() => {})))
    await withAdmin(adminUrl(), (admin) => admin`drop database if exists ${admin(name)} with (force)`)
  })
  const url = (service: ServiceName, role: Role) => urlOf(name, service, role)
  const connect = (service: ServiceName, role: Role, max = 4) => {
    const connection = connectPostgres({
      url: url(service, role),
      schema: service,
      applicationName: `${name} ${role}`,
      max,
    })
    open.push(connection)
    return connection.db
  }
  return { name, url, connect }
}

const urlOf = (database: string, service: string, role: Role): string => {
  const roleName = rolesOf(service)[role]
  return roleUrl({ adminUrl: adminUrl(), database, role: roleName, password: testPassword(roleName) })
}

async function ensureTemplate(services: readonly ServiceName[], spineOnly: boolean): Promise<string> {
  const folders = services.map((service) => ({
    service,
    folder: !spineOnly && existsSync(`${folderOf(service)}/meta/_journal.json`) ? folderOf(service) : undefined,
  }))
  const version = createHash('sha256').update(testPassword('template'))
  for (const { service, folder } of folders)
    version
      .update(service)
      .update(contentsOf(spineFolder))
      .update(folder === undefined ? '' : contentsOf(folder))
  const template = `gatehouse_template_${version.digest('hex').slice(0, 16)}`
  const roles = services.flatMap((service) => Object.values(rolesOf(service)))
  await withAdmin(adminUrl(), async (admin) => {
    await admin`select pg_advisory_lock(hashtext('gatehouse test template'))`
    const [existing] = await admin`select from pg_database where datname = ${template}`
    if (existing !== undefined) return
    const unfinished = `${template}_${randomBytes(3).toString('hex')}`
    await provisionDatabase({
      adminUrl: adminUrl(),
      database: unfinished,
      services,
      passwords: Object.fromEntries(roles.map((role) => [role, testPassword(role)])),
    })
    for (const { service, folder } of folders) {
      await migrateService({
        service,
        ownerUrl: urlOf(unfinished, service, 'owner'),
        ...(folder === undefined ? {} : { migrationsFolder: folder }),
      })
    }
    // A template is whole or absent: a run that was killed half-way leaves only a name nobody asks for.
    await admin`alter database ${admin(unfinished)} rename to ${admin(template)}`
  })
  return template
}

/** A clone is another database: its own epoch, and the search path of its roles, which is kept per database name. */
async function adopt(database: string, services: readonly ServiceName[]): Promise<void> {
  const url = new URL(adminUrl())
  url.pathname = `/${database}`
  await withAdmin(url.toString(), async (admin) => {
    for (const service of services) await admin`update ${admin(service)}.spine_head set epoch = gen_random_uuid()`
  })
}

function contentsOf(folder: string): string {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => file + readFileSync(`${folder}/${file}`, 'utf8'))
    .join('\n')
}

async function withAdmin<T>(url: string, run: (admin: postgres.Sql) => Promise<T>): Promise<T> {
  const admin = postgres(url, {
    max: 1,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: 'gatehouse tests' },
  })
  try {
    return await run(admin)
  } finally {
    await admin.end({ timeout: 5 })
  }
}
