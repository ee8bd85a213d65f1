/** Every application as it is in force, for whoever is signed in: it says what can be done, not who may. */
import type { Deps } from '../../deps.ts'
import { applicationView, type ApplicationView } from '../../views/application.ts'

export async function getCatalog(deps: Pick<Deps, 'factCache'>): Promise<{ data: ApplicationView[] }> {
  const { catalog } = await deps.factCache.model()
  return { data: catalog.applications.map(applicationView) }
}
