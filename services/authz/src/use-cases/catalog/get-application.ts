/** One application as it is in force, for whoever is signed in. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { listApplications } from '../../store/catalog.ts'
import { applicationView, type ApplicationView } from '../../views/application.ts'

export type VersionedApplication = { application: ApplicationView; version: number }

/** @throws AppError `not_found` */
export async function getApplication(deps: Pick<Deps, 'db'>, key: string): Promise<VersionedApplication> {
  const row = (await inScope(deps.db, {}, (tx) => listApplications(tx))).find((application) => application.key === key)
  if (!row) throw problem('not_found')
  return { application: applicationView(row), version: row.version }
}
