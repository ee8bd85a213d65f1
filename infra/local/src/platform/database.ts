// The database of a local platform: schemas and roles by the administrator, then every service's migrations by its
// owner role.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { STORING_SERVICES } from '@gatehouse/deploy/services'
import { migrateService } from '@gatehouse/spine/migrate/migrate-service'
import { provisionDatabase, roleUrl, rolesOf } from '@gatehouse/service-kit/postgres/provision'
import { launchProblem } from '../launch-problem.ts'
import type { PlatformFacts } from './environment.ts'
import { folderOf, programOf, type Code } from './services.ts'

export const DATABASE = 'gatehouse'

/** @param o.onService told before each service's migrations */
export async function prepareDatabase(o: {
  code: Code
  facts: Pick<PlatformFacts, 'adminUrl' | 'database' | 'rolePassword'>
  onService: (service: ServiceName) => void
}): Promise<void> {
  const { adminUrl, database, rolePassword } = o.facts
  const roles = STORING_SERVICES.flatMap((service) => Object.values(rolesOf(service)))
  await provisionDatabase({
    adminUrl,
    database,
    services: STORING_SERVICES,
    passwords: Object.fromEntries(roles.map((role) => [role, rolePassword(role)])),
  })
  for (const service of STORING_SERVICES) {
    o.onService(service)
    const { owner } = rolesOf(service)
    const ownerUrl = roleUrl({ adminUrl, database, role: owner, password: rolePassword(owner) })
    await migrate(o.code, service, ownerUrl).catch((error: unknown) => {
      throw launchProblem(
        `The database of ${service} cannot be brought to this version: ` +
          `${error instanceof Error ? error.message : String(error)}`,
        'Check out the version that made the data, or begin anew with `npm start -- --reset` (which deletes all ' +
          'local data)',
      )
    })
  }
}

/** In this process from source; a built service brings its own program for it, as its image does. */
async function migrate(code: Code, service: ServiceName, ownerUrl: string): Promise<void> {
  if (code.built !== undefined) {
    await promisify(execFile)(process.execPath, [programOf(code, service, 'migrate')], {
      env: { DATABASE_OWNER_URL: ownerUrl },
    })
    return
  }
  const migrationsFolder = join(folderOf(service), 'migrations')
  await migrateService({
    service,
    ownerUrl,
    ...(existsSync(join(migrationsFolder, 'meta', '_journal.json')) ? { migrationsFolder } : {}),
  })
}
