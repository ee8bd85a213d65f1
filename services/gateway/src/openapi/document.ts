/**
 * OpenAPI 3.1 out of the route contracts, for people and for generators. The schemas are the very objects that
 * validate, closed like there, so the document cannot promise what a service refuses.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { linesType } from '@gatehouse/service-kit/http/json-lines'
import { Problem } from '@gatehouse/contracts/problems/problem'
import type { TObject, TSchema } from 'typebox'
import { createComponents, type Components, type Json } from './components.ts'
import { exampleOf } from './example-of.ts'
import { problemResponses, takesApiKeys } from './problem-responses.ts'
import { namedSchemas } from './schema-names.ts'
import { tagOf, tagsInOrder } from './tags.ts'

type Parts = { components: Components; responses: Map<string, Json> }

/** @param options.serverUrl - where the API answers; left out for a reference that is kept in a repository */
export function openApiDocument(
  routes: readonly RouteContract[],
  options: { serverUrl?: string; version?: string } = {},
): Json {
  const parts: Parts = { components: createComponents(namedSchemas), responses: new Map() }
  parts.components.use(Problem, 'output')
  // What clients get is named first: where a client sends something else under the same name, that is the longer one.
  for (const { success, operationId } of routes) bodyOf(success.body, 'output', `${pascal(operationId)}Response`, parts)
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z_]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, parts) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version: options.version ?? '0.1.0',
      description:
        'Identity and authorization. Errors are RFC 9457 problem documents; every write answers with the header ' +
        '`Gatehouse-Revision`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    ...(options.serverUrl === undefined ? {} : { servers: [{ url: options.serverUrl }] }),
    tags: tagsInOrder(routes).map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: parts.components.schemas(),
      responses: Object.fromEntries([...parts.responses].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT (RFC 9068), ES256' },
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'API key of a service account, gthk_…' },
      },
    },
  }
}

const pascal = (operationId: string): string => operationId.charAt(0).toUpperCase() + operationId.slice(1)

function bodyOf(
  schema: TSchema | undefined,
  direction: 'input' | 'output',
  fallback: string,
  { components }: Parts,
): Json | undefined {
  return schema && { 'application/json': { schema: components.use(schema, direction, fallback) } }
}

const streamed = (mediaTypes: readonly string[] | undefined): Json | undefined =>
  mediaTypes && Object.fromEntries(mediaTypes.map((type) => [type, { schema: { type: 'string' } }]))

function operationOf(route: RouteContract, parts: Parts): Json {
  const { success, operationId } = route
  const input = bodyOf(route.body, 'input', `${pascal(operationId)}Request`, parts)
  const output = bodyOf(success.body, 'output', `${pascal(operationId)}Response`, parts) ?? streamed(success.streams)
  const parameters = parametersOf(route, parts)
  return {
    operationId,
    summary: route.summary,
    description: descriptionOf(route),
    tags: [tagOf(route)],
    security: [
      ...(route.auth === 'open' ? [{}] : []),
      { accessToken: [] },
      ...(takesApiKeys(route) ? [{ apiKey: [] }] : []),
    ],
    ...(parameters.length > 0 && { parameters }),
    ...(input && { requestBody: { required: route.bodyIsOptional !== true, content: contentOf(input, route) } }),
    responses: {
      [success.status]: {
        description: success.description,
        ...(output && { content: withExample(output, success.body) }),
      },
      ...problemResponses(route, parts.responses),
    },
  }
}

const contentOf = (content: Json, { body, example, lines }: RouteContract): Json => ({
  ...withExample(content, body, example),
  ...(lines && {
    [linesType]: {
      schema: {
        type: 'string',
        description:
          `Each line is an item of \`${lines.member}\`; at most ${lines.mostItems} lines and ` +
          `${lines.mostBytes} bytes. Errors name the line, from 1.`,
      },
    },
  }),
})

/** What is streamed has no schema, and no example. */
const withExample = (content: Json, schema: TSchema | undefined, example?: unknown): Json =>
  schema === undefined
    ? content
    : { 'application/json': { ...(content['application/json'] as Json), example: example ?? exampleOf(schema) } }

const whoMay: Record<RouteContract['auth'], string> = {
  open: 'Needs no access token.',
  user: 'Needs the access token of a person.',
  organization: 'Needs an access token that names an organization; the one in the path, where there is one, is that.',
  internal: '',
}

const budgets: Record<NonNullable<RouteContract['limit']>, string> = {
  credentials: 'Has the tight budget of routes that take a password.',
  invitation: 'Has a tight budget of its own.',
  refresh: 'Each refresh token has a budget of its own.',
  check: 'Has the wide budget of permission checks.',
}

/** What a caller has to know besides the shapes. */
const descriptionOf = (route: RouteContract): string =>
  [
    whoMay[route.auth],
    takesApiKeys(route) && 'An API key will do.',
    route.idempotent && 'May be sent again with the same `Idempotency-Key`.',
    (route.shownOnce ?? []).length > 0 &&
      `Only the first answer has ${route.shownOnce?.map((name) => `\`${name}\``).join(', ')}.`,
    route.limit && budgets[route.limit],
  ]
    .filter((sentence) => typeof sentence === 'string' && sentence !== '')
    .join(' ')

function parametersOf(route: RouteContract, { components }: Parts): Json[] {
  const inPlace = (place: 'path' | 'query', schema: TObject | undefined): Json[] =>
    Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
      name,
      in: place,
      required: place === 'path' || ((schema?.required ?? []) as readonly string[]).includes(name),
      schema: components.use(property, 'input'),
    }))
  const header = (name: string, schema: Json): Json => ({ name, in: 'header', required: false, schema })
  return [
    ...inPlace('path', route.params),
    ...inPlace('query', route.query),
    ...(route.idempotent ? [header('Idempotency-Key', { type: 'string', maxLength: 255 })] : []),
    ...(route.problems?.includes('precondition_failed') ? [header('If-Match', { type: 'string' })] : []),
    ...(route.principals === 'any_and_platform' ? [header('Gatehouse-Organization', { type: 'string' })] : []),
  ]
}
