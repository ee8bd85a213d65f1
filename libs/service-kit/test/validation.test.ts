/** What is wrong with input is told with what would be right. */
import t from 'tap'
import Type from 'typebox'
import { createValidator } from '@gatehouse/service-kit/http/validation'

const validate = createValidator(
  Type.Object({
    effect: Type.Optional(Type.Union([Type.Literal('allow'), Type.Literal('deny')])),
    level: Type.Optional(Type.Unsafe({ enum: ['low', 'high'] })),
    version: Type.Optional(Type.Literal(1)),
    when: Type.Optional(Type.Union([Type.Literal('always'), Type.Null()])),
    name: Type.Optional(Type.String()),
  }),
  'body',
)
const errorsOf = (value: unknown) => {
  const found = validate(value)
  return found.ok ? [] : found.errors
}

t.test('a wrong member of a closed set is told with the set, once', async (t) => {
  t.same(errorsOf({ effect: 'alow' }), [{ path: '/effect', message: 'must be "allow" or "deny"' }])
  t.ok(errorsOf({ effect: 1 }).some(({ message }) => message === 'must be "allow" or "deny"'))
  t.same(errorsOf({ level: 'medium' }), [{ path: '/level', message: 'must be "low" or "high"' }])
  t.same(errorsOf({ version: 2 }), [{ path: '/version', message: 'must be 1' }])
  t.match(errorsOf({ when: 'never' }), [{ path: '/when', message: 'must be "always"' }])
  t.same(errorsOf({ effect: 'deny', level: 'low', version: 1, when: null }), [])
})

t.test('a wrong type is told with the right one', async (t) => {
  t.same(errorsOf({ name: 7 }), [{ path: '/name', message: 'must be string' }])
})
