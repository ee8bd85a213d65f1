/** An answer is written as its contract says, by a serializer that validates nothing. */
import { serializationOf } from '../src/serve/serialization.ts'
import Fastify from 'fastify'
import { readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import Type, { type TSchema } from 'typebox'

async function write(schema: TSchema, value: unknown): Promise<unknown> {
  const app = Fastify()
  app.get('/', { schema: { response: { 200: serializationOf(schema) } } }, () => value)
  return (await app.inject('/')).json()
}

const A = Type.Object({ kind: Type.Literal('a'), shared: Type.String(), only_a: Type.Number() })
const B = Type.Object({ kind: Type.Literal('b'), shared: Type.String(), only_b: Type.Optional(Type.Boolean()) })
const Texts = Type.Union([Type.Literal('none'), Type.Literal('all')])
const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())])

void t.test('each value of a union is written as it is', async (t) => {
  const cases: [TSchema, unknown][] = [
    [Texts, 'none'],
    [Type.Union([Type.String({ format: 'date-time' }), Type.Null()]), '2030-01-01T00:00:00Z'],
    [Type.Union([Type.String({ format: 'date-time' }), Type.Null()]), null],
    [Type.Union([Type.Integer(), Type.Null()]), null],
    [Type.Union([Type.Integer(), Type.Null()]), 0],
    [Type.Union([Type.Boolean(), Type.Null()]), false],
    [Type.Union([Texts, Type.Null()]), null],
    [Type.Union([Texts, Type.Null()]), 'all'],
    ...['text', 1.5, true, ['x']].map((value): [TSchema, unknown] => [Scalar, value]),
    [Type.Union([Scalar, Type.Null()]), null],
    [Type.Array(Type.Union([A, Type.Null()])), [null, { kind: 'a', shared: 's', only_a: 1 }]],
    [Type.Union([A, B]), { kind: 'a', shared: 's', only_a: 1 }],
    [Type.Union([A, B]), { kind: 'b', shared: 's' }],
    [Type.Union([A, B]), { kind: 'b', shared: 's', only_b: false }],
    [Type.Object({ at: Type.Optional(Type.Union([A, B, Type.Null()])) }), { at: null }],
    [Type.Object({ at: Type.Optional(Type.Union([A, B, Type.Null()])) }), {}],
    [Type.Union([Type.Array(Type.String()), Type.Null()]), ['a', 'b']],
    [Type.Union([Type.Record(Type.String(), Type.Number()), Type.Null()]), { any: 1 }],
  ]
  for (const [schema, value] of cases) {
    const members = { member: schema }
    t.same(await write(Type.Object(members), { member: value }), { member: value }, JSON.stringify([schema, value]))
  }
})

void t.test('what no object of a union has is never written', async (t) => {
  const given = { kind: 'b', shared: 's', secret: 'x' }
  const schema = Type.Object({ member: Type.Union([A, B]) })
  t.same(await write(schema, { member: given }), { member: { kind: 'b', shared: 's' } })
  t.match(await write(schema, { member: { kind: 'b' } }), { statusCode: 500, message: /shared/ })
})

void t.test('the answer of no contract is written with a validator', async (t) => {
  const contracts = fileURLToPath(new URL('../../contracts/src/http', import.meta.url))
  const files = readdirSync(contracts, { recursive: true, encoding: 'utf8' }).filter((file) => /\.[tj]s$/.test(file))
  let answers = 0
  for (const file of files) {
    const module = (await import(pathToFileURL(`${contracts}/${file}`).href)) as Record<string, unknown>
    for (const contract of Object.values(module)) {
      const { operationId, success } = (contract ?? {}) as { operationId?: string; success?: { body?: TSchema } }
      if (operationId === undefined || success?.body === undefined) continue
      answers += 1
      const schema = serializationOf(success.body)
      t.notMatch(JSON.stringify(schema), /"(anyOf|oneOf|if|not)":/, operationId)
    }
  }
  t.ok(answers > 150, `${answers} answers`)
})
