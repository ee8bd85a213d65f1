// The database of a local platform: schemas and roles by the administrator, then every service's migrations by its owner role.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { migrateService } from '@gatehouse/service-kit/postgres/migrate'
import { provisionDatabase, roleUrl, rolesOf } from '@gatehouse/service-kit/postgres/provision'
import { launchProblem } from '../launch-problem.ts'
import type { PlatformFacts } from './environment.ts'
import { folderOf, STORING_SERVICES } from './services.ts'

export const DATABASE = 'gatehouse'

/** @param o.onService told before each service's migrations */
export async function prepareDatabase(o: { facts: Pick<PlatformFacts, 'adminUrl' | 'database' | 'rolePassword'>; onService: (service: ServiceName) => void }): Promise<void> {
  const { adminUrl, database, rolePassword } = o.facts
  const roles = STORING_SERVICES.flatMap((service) => Object.values(rolesOf(service)))
  await provisionDatabase({ adminUrl, database, services: STORING_SERVICES, passwords: Object.fromEntries(roles.map((role) => [role, rolePassword(role)])) })
  for (const service of STORING_SERVICES) {
    o.onService(service)
    const { owner } = rolesOf(service)
    const migrationsFolder = join(folderOf(service), 'migrations')
    const ownerUrl = roleUrl({ adminUrl, database, role: owner, password: rolePassword(owner) })
    await migrateService({ service, ownerUrl, ...(existsSync(join(migrationsFolder, 'meta', '_journal.json')) ? { migrationsFolder } : {}) }).catch((error: unknown) => {
      throw launchProblem(`The database of ${service} cannot be brought to this version: ${error instanceof Error ? error.message : String(error)}`, 'Check out the version that made the data, or begin anew with `npm start -- --reset` (which deletes all local data)')
    })
  }
}
