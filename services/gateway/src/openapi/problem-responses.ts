/**
 * Problems in the OpenAPI document: for each operation every status it can refuse with, and the codes that status
 * stands for.
 */
import { isOpenToImpersonation, type RouteContract } from '@gatehouse/contracts/http/contract'
import { problems, type ProblemCode } from '@gatehouse/contracts/problems/registry'
import { isForPeopleOnly } from '@gatehouse/access/callers/caller'
import type { Json } from './components.ts'

export const takesApiKeys = (route: RouteContract): boolean => route.auth !== 'open' && !isForPeopleOnly(route)

/** What every route of this kind can answer with, and what this one adds. */
function codesOf(route: RouteContract): Set<ProblemCode> {
  const codes = new Set<ProblemCode>(['validation_failed', 'rate_limited', 'internal_error', 'unavailable'])
  const add = (...more: readonly ProblemCode[]): void => more.forEach((code) => codes.add(code))
  add('upstream_failed', 'deadline_exceeded', 'malformed_request', ...(route.problems ?? []))
  if (route.body)
    add('payload_too_large', ...(route.dialect === 'authzen' ? [] : (['unsupported_media_type'] as const)))
  if (route.auth !== 'open') {
    add('unauthenticated', 'token_revoked', 'insufficient_user_authentication', 'not_current')
    add(takesApiKeys(route) ? 'invalid_api_key' : 'person_required')
    if (!isOpenToImpersonation(route)) add('impersonation_refused')
    // Where an account of the platform asks, or is refused as itself.
    if (route.principals === 'any_and_platform') add('organization_unavailable')
    else if (takesApiKeys(route)) add('forbidden')
  }
  if (route.auth === 'organization') add('organization_required')
  if (route.params || /\/:org(\/|$)/.test(route.path)) add('not_found')
  if (route.idempotent) add('idempotency_in_progress', 'idempotency_key_reused')
  return codes
}

/** Responses by status, each a reference into `components`, where it stands once for all operations that share it. */
export function problemResponses(route: RouteContract, components: Map<string, Json>): Json {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of [...codesOf(route)].sort())
    byStatus.set(problems[code].status, [...(byStatus.get(problems[code].status) ?? []), code])
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, codes]) => {
        const name = [status, ...codes].join('.')
        components.set(name, responseOf(codes))
        return [status, { $ref: `#/components/responses/${name}` }]
      }),
  )
}

const responseOf = (codes: readonly ProblemCode[]): Json => ({
  description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          { type: 'object', properties: { code: { type: 'string', enum: codes } } },
        ],
      },
    },
  },
})
