/**
 * S7: a caller without the permission learns nothing. Each route about a thing of the organization is asked by a member
 * without rights, once about a thing that exists and once about one that does not: both get the same answer, unless the
 * member may see the thing. Made from the route table.
 */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Answer, Api } from './client.ts'
import { parametersOf, pathOf, sample, type Schema } from './contract-samples.ts'
import { prefixOf } from './malformed/places.ts'
import type { Tenant } from './tenant-sweep.ts'

export type PermissionSweep = { asked: number; refused: number; complaints: string[] }

/** What is told about a refusal, but for the name of its request. */
const told = ({ status, body }: Answer): string => {
  const { request_id: _request, instance: _instance, ...others } = body
  return JSON.stringify([status, others])
}

/** Routes about things of an organization, named in the path; those about oneself are not permissions. */
const routes = publicRoutes.filter(
  (route) => route.auth === 'organization' && parametersOf(route).some((name) => name !== 'org' && name !== 'type'),
)

export async function permissionFirst(
  api: Api,
  { token, tenant }: { token: string; tenant: Tenant },
): Promise<PermissionSweep> {
  const found: PermissionSweep = { asked: 0, refused: 0, complaints: [] }
  for (const route of routes) {
    const body = route.body ? sample(route.body as Schema, tenant.ids) : undefined
    const ask = (ids: Record<string, string>): Promise<Answer> =>
      api.call(route.method, pathOf(route, ids), { token, ...(body === undefined ? {} : { body }) })
    const names = parametersOf(route).filter((name) => name !== 'org' && name !== 'type' && name in tenant.ids)
    const missing = Object.fromEntries(names.map((name) => [name, newId(prefixOf(name))]))
    const ofNothing = await ask({ ...tenant.ids, ...missing })
    const ofThing = await ask(tenant.ids)
    found.asked++
    if (ofThing.status < 400) continue
    if (ofThing.status === 403 || ofThing.status === 404) found.refused++
    else found.complaints.push(`${route.operationId}: ${told(ofThing)} instead of a refusal`)
    if (told(ofNothing) !== told(ofThing))
      found.complaints.push(
        `${route.operationId}: ${told(ofThing)} about what exists, ${told(ofNothing)} about nothing`,
      )
  }
  return found
}
