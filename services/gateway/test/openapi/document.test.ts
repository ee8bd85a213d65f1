/** The OpenAPI document, as readers and generators meet it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { problems } from '@gatehouse/contracts/problems/registry'
import { createValidator } from '@gatehouse/service-kit/http/validation'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import t from 'tap'
import Type from 'typebox'
import { openApiDocument } from '../../src/openapi/document.ts'
import { exampleOf } from '../../src/openapi/example-of.ts'

type Operation = {
  operationId: string
  description: string
  tags: string[]
  requestBody?: { content: Record<string, { schema: { $ref?: string }; example?: unknown }> }
  responses: Record<
    string,
    { $ref?: string; content?: Record<string, { schema: { $ref?: string }; example?: unknown }> }
  >
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown>; responses: Record<string, { description: string }> }
}
const document = openApiDocument(publicRoutes) as unknown as Document
const operations = Object.values(document.paths).flatMap((path) => Object.values(path))

t.test('every operation has a group, a description and named bodies', async (t) => {
  t.equal(operations.length, publicRoutes.length)
  for (const { operationId, tags, description, requestBody, responses } of operations) {
    t.not(tags[0], 'Other', `${operationId} belongs to a group`)
    t.ok(description.endsWith('.'), operationId)
    const bodies = [requestBody, ...Object.entries(responses).flatMap(([status, one]) => (status < '300' ? [one] : []))]
    const { streams } = publicRoutes.find((route) => route.operationId === operationId)?.success ?? {}
    if (streams) t.same(Object.keys(bodies[1]?.content ?? {}), streams, `${operationId} says what it streams`)
    for (const body of bodies)
      if (body?.content && !streams)
        t.match(body.content['application/json']?.schema.$ref, /^#\/components\/schemas\/[A-Z]\w+$/, operationId)
  }
})

t.test('every reference leads somewhere, and everything that is named is used', async (t) => {
  const text = JSON.stringify(document)
  const used = new Set([...text.matchAll(/"\$ref":"#\/components\/(\w+\/[^"]+)"/g)].map(([, name]) => name))
  const { schemas, responses } = document.components
  const named = new Set([
    ...Object.keys(schemas).map((name) => `schemas/${name}`),
    ...Object.keys(responses).map((name) => `responses/${name}`),
  ])
  t.same([...used].sort(), [...named].sort())
})

t.test('every problem of an operation is told, with its code', async (t) => {
  for (const route of publicRoutes) {
    const { responses } = operations.find(({ operationId }) => operationId === route.operationId) as Operation
    const told = Object.values(responses).map(
      ({ $ref = '' }) => document.components.responses[$ref.split('/').at(-1) ?? ''],
    )
    const text = told.map((one) => one?.description ?? '').join(' ')
    for (const code of route.problems ?? []) {
      t.ok(text.includes(`\`${code}\``), `${route.operationId}: ${code}`)
      t.ok(String(problems[code].status) in responses)
    }
  }
})

t.test('every body that is sent or answered has an example, which its validator takes', async (t) => {
  const examples = publicRoutes.flatMap(({ operationId, body, success }) => {
    const { requestBody, responses } = operations.find((one) => one.operationId === operationId) as Operation
    return [
      { of: `${operationId}: request`, schema: body, content: requestBody?.content },
      { of: `${operationId}: answer`, schema: success.body, content: responses[success.status]?.content },
    ]
  })
  for (const { of, schema, content } of examples)
    if (schema) t.ok(createValidator(schema, 'body')(content?.['application/json']?.example).ok, of)
  t.ok(examples.filter(({ schema }) => schema).length > publicRoutes.length, 'most have one or both')
})

t.test('text without a fitting word is told, not guessed', async (t) => {
  t.throws(() => exampleOf(Type.String({ pattern: '^nobody writes this$' }), 'motto'), /no example fits motto/)
})

t.test('no schema stands twice: the document grows with its routes, a fifth of what each once took', async (t) => {
  t.ok(JSON.stringify(document).length < 2500 * publicRoutes.length)
})

/** A client as somebody outside writes it, with the names of the document. */
const client = `
import type { components, operations, paths } from './api.ts'
type Schemas = components['schemas']
export const login: Schemas['LoginRequest'] = { email: 'ann@example.com', password: 'correct horse battery staple' }
export const session = (one: Schemas['Session']): string => one.device.name
export function tokenOf(result: Schemas['SignInResult']): string {
  return result.status === 'authenticated' ? result.access_token : result.challenge
}
export const isStale = (one: operations['getMe']['responses'][401]['content']['application/problem+json']): boolean =>
  one.code === 'token_revoked' || one.code === 'unauthenticated'
type RolesAnswer = paths['/v1/organizations/{org}/roles']['get']['responses'][200]
export const roles = (answer: RolesAnswer['content']['application/json']) =>
  answer.data.map((role: Schemas['Role']) => role.key)
export const evaluation: Schemas['EvaluationRequest'] = {
  subject: { type: 'user', id: 'user_1' }, action: { name: 'read' }, resource: { type: 'invoice', id: '7' },
}
`
/** The same with one mistake each. */
const mistakes = [
  `import type { components } from './api.ts'\nexport const login: components['schemas']['LoginRequest'] = { ` +
    `email: 'ann@example.com' }`,
  `import type { operations } from './api.ts'\nexport const f = (p: ` +
    `operations['getMe']['responses'][401]['content']['application/problem+json']) => p.code === 'no_such_code'`,
  `import type { components } from './api.ts'\nexport const f = (one: components['schemas']['Session']): number => ` +
    `one.device.name`,
]

t.test('openapi-typescript makes types of it that a client can be written with', async (t) => {
  const folder = mkdtempSync(fileURLToPath(new URL('generated-', import.meta.url)))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(`${folder}/api.ts`, astToString(await openapiTS(document as never)))
  const files = [client, ...mistakes].map((text, n) => {
    writeFileSync(`${folder}/client-${n}.ts`, text)
    return `${folder}/client-${n}.ts`
  })
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
  })
  const found = files.map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  )
  t.same(found[0], [])
  for (const [n, complaints] of found.slice(1).entries())
    t.equal(complaints.length, 1, `mistake ${n + 1}: ${complaints.join()}`)
})
