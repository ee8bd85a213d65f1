/**
 * What the ID token and userinfo say of the organization a person acts for, beside its id. They inform an application:
 * where the decision point cannot answer now, the roles are left out, and the person signs in all the same.
 */
import type { Deps } from '../../deps.ts'
import { findSlug } from '../../store/projections.ts'

export type OrganizationClaims = { org_slug?: string; roles?: string[] }

export async function organizationClaims(
  deps: Pick<Deps, 'system' | 'clients' | 'log'>,
  o: { userId: string; organizationId: string | undefined; scope: readonly string[] },
): Promise<OrganizationClaims> {
  const { userId, organizationId, scope } = o
  if (organizationId === undefined || !scope.includes('openid')) return {}
  const [slug, roles] = await Promise.all([
    findSlug(deps.system, organizationId),
    scope.includes('roles') ? rolesOf(deps, { userId, organizationId }) : undefined,
  ])
  return { ...(slug !== undefined && { org_slug: slug }), ...(roles !== undefined && { roles }) }
}

async function rolesOf(
  { clients, log }: Pick<Deps, 'clients' | 'log'>,
  member: { userId: string; organizationId: string },
): Promise<string[] | undefined> {
  try {
    return await clients.authz.rolesOf(member)
  } catch (err) {
    log.warn({ err }, 'the roles of a member could not be asked for')
    return undefined
  }
}
