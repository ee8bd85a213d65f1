/** The id of the organization that a request names. A slug that is not known here is asked for once: it may be new. */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import type { Deps } from '../../deps.ts'
import { namedOrganization } from '../../domain/oauth/named-organization.ts'
import { findOrganizationBySlug } from '../../store/projections.ts'

type NamedDeps = Pick<Deps, 'system' | 'following'>

/** Undefined: none is named. @throws AppError `not_current` */
export async function findOrganizationNamed(
  { system, following: { orgs } }: NamedDeps,
  parameters: Parameters,
): Promise<string | undefined | 'unknown'> {
  const named = namedOrganization(parameters)
  if (named.kind === 'unnamed') return undefined
  if (named.kind === 'id') return named.id
  if (named.kind === 'malformed') return 'unknown'
  orgs.requireFresh()
  const known = await findOrganizationBySlug(system, named.slug)
  if (known !== undefined) return known
  await orgs.pollNow()
  return (await findOrganizationBySlug(system, named.slug)) ?? 'unknown'
}

export const unknownOrganization = 'organization_id or organization names no organization.'

/** @throws OAuthError `invalid_request`; AppError `not_current` */
export async function requireOrganizationNamed(deps: NamedDeps, parameters: Parameters): Promise<string | undefined> {
  const found = await findOrganizationNamed(deps, parameters)
  if (found === 'unknown') throw oauthError('invalid_request', { description: unknownOrganization })
  return found
}
