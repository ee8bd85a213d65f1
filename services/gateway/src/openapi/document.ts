/**
 * OpenAPI 3.1 out of the route contracts. The schemas are the very objects that validate, closed like there,
 * so the document cannot promise what a service refuses.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { Problem } from '@gatehouse/contracts/problems/problem'
import { problems, type ProblemCode } from '@gatehouse/contracts/problems/registry'
import { isForPeopleOnly } from '@gatehouse/access/callers/caller'
import { closedSchema } from '@gatehouse/service-kit/http/closed-schema'
import type { TObject, TSchema } from 'typebox'

type Json = { [name: string]: unknown }

const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }

/** @param options.serverUrl - where the API answers; left out for a reference that is kept in a repository */
export function openApiDocument(
  routes: readonly RouteContract[],
  options: { serverUrl?: string; version?: string } = {},
): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z_]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version: options.version ?? '0.1.0',
      description:
        'Identity and authorization. Errors are RFC 9457 problem documents; every write answers with the header `Gatehouse-Revision`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    ...(options.serverUrl === undefined ? {} : { servers: [{ url: options.serverUrl }] }),
    tags: [...new Set(routes.map(({ service }) => service))].sort().map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: { Problem: plain(Problem) },
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT (RFC 9068), ES256' },
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'API key of a service account, gthk_…' },
      },
    },
  }
}

function operationOf(route: RouteContract): Json {
  const { success } = route
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.service],
    security: [
      ...(route.auth === 'open' ? [{}] : []),
      { accessToken: [] },
      ...(takesApiKeys(route) ? [{ apiKey: [] }] : []),
    ],
    ...parametersOf(route),
    ...(route.body
      ? {
          requestBody: {
            required: route.bodyIsOptional !== true,
            content: { 'application/json': { schema: closedSchema(route.body) } },
          },
        }
      : {}),
    responses: {
      [success.status]: {
        description: success.description,
        ...(success.body ? { content: { 'application/json': { schema: plain(success.body) } } } : {}),
      },
      ...problemResponses(route),
    },
  }
}

const takesApiKeys = (route: RouteContract): boolean => route.auth !== 'open' && !isForPeopleOnly(route)

function parametersOf(route: RouteContract): Json {
  const parameters = [
    ...parametersIn('path', route.params),
    ...parametersIn('query', route.query),
    ...(route.idempotent
      ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 } }]
      : []),
    ...(route.problems?.includes('precondition_failed')
      ? [{ name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } }]
      : []),
  ]
  return parameters.length === 0 ? {} : { parameters }
}

function parametersIn(place: 'path' | 'query', schema: TObject | undefined): Json[] {
  const required: readonly string[] = schema?.required ?? []
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: plain(property),
  }))
}

/** What every route of this kind can answer with, and what this one adds. */
function codesOf(route: RouteContract): ProblemCode[] {
  const codes: ProblemCode[] = [
    'validation_failed',
    'rate_limited',
    'internal_error',
    'unavailable',
    ...(route.problems ?? []),
  ]
  if (route.body) codes.push('malformed_request', 'payload_too_large', 'unsupported_media_type')
  if (route.auth !== 'open')
    codes.push(
      'unauthenticated',
      'token_revoked',
      'insufficient_user_authentication',
      'not_current',
      takesApiKeys(route) ? 'invalid_api_key' : 'person_required',
    )
  if (route.params || route.auth === 'organization') codes.push('not_found')
  if (route.idempotent) codes.push('idempotency_in_progress', 'idempotency_key_reused')
  return codes
}

function problemResponses(route: RouteContract): Json {
  const byStatus = new Map<number, Set<ProblemCode>>()
  for (const code of codesOf(route))
    byStatus.set(problems[code].status, (byStatus.get(problems[code].status) ?? new Set()).add(code))
  const sorted = [...byStatus].sort(([a], [b]) => a - b)
  return Object.fromEntries(
    sorted.map(([status, codes]) => [
      status,
      {
        description: [...codes]
          .sort()
          .map((code) => `\`${code}\``)
          .join(', '),
        content: problemContent,
      },
    ]),
  )
}

const plain = (schema: TSchema): Json => JSON.parse(JSON.stringify(schema)) as Json
