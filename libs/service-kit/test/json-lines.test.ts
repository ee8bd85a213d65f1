/** Bodies of lines: read as they come, each by the one parser, and refused by line. */
import t from 'tap'
import Type from 'typebox'
import { AppError } from '../src/errors/app-error.ts'
import { readJsonLines } from '../src/http/json-lines.ts'
import { createValidator } from '../src/http/validation.ts'

const item = Type.Object({ id: Type.String(), n: Type.Optional(Type.Number()) })
const validate = createValidator(item, 'body')
const never = new AbortController().signal

async function* pieces(bytes: Buffer, length = bytes.length): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length)
}

type Rule = { mostItems?: number; mostBytes?: number; length?: number; signal?: AbortSignal }
const read = (text: string | Buffer, { mostItems = 100, mostBytes = 1_000_000, length, signal = never }: Rule = {}) =>
  readJsonLines(pieces(Buffer.from(text), length), { validate, mostItems, mostBytes }, { key: 'org', signal })

async function refusalOf(reading: Promise<unknown>): Promise<AppError> {
  try {
    await reading
  } catch (err) {
    if (err instanceof AppError) return err
    throw err
  }
  throw new Error('it was taken')
}

t.test('wherever the pieces end, the items are the same, each with its line', async (t) => {
  const text = '{"id":"ä"}\n\n{"id":"b","n":1}\r\n\r\n{"id":"line\\nfeed"}'
  const bytes = Buffer.from(text)
  const whole = await read(text)
  t.same(whole.items, [{ id: 'ä' }, { id: 'b', n: 1 }, { id: 'line\nfeed' }])
  t.same(whole.numbers, [1, 3, 5])
  for (let length = 1; length < bytes.length; length++) t.same(await read(text, { length }), whole)
  t.same((await read(`${text}\n`)).items, whole.items, 'a last line may end')
  t.notSame((await read(`${text}\n`)).digest, whole.digest, 'and is another body')
})

t.test('each line that is wrong is named with what is wrong, by the parser of all bodies', async (t) => {
  const lines = [
    '{"id":"good"}',
    '{"id":"a","id":"b"}',
    '{"id":"a","n":9007199254740993}',
    '{"id":"a"',
    '{"id":"a"} {"id":"b"}',
    '[]',
    '{"id":1,"other":2}',
    '{"id":"\\u0000"}',
    `{"id":"${'x'.repeat(65_536)}"}`,
    '\ufeff{"id":"a"}',
    ' ',
    '{"__proto__":{}}',
  ]
  const bytes = Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from([0x22, 0xff, 0x22])])
  for (const length of [bytes.length, 1_000]) {
    const { code, errors } = await refusalOf(read(bytes, { length }))
    t.equal(code, 'validation_failed')
    t.same(
      errors?.map(({ path, message }) => `${path} ${message}`),
      [
        '/lines/2 repeats a member (column 11)',
        '/lines/3 holds a number that a double cannot hold exactly (column 15)',
        '/lines/4 is not valid JSON (column 10)',
        '/lines/5 is not valid JSON (column 12)',
        '/lines/6 must be object',
        '/lines/7/other is not known',
        '/lines/7/id must be string',
        '/lines/8 holds text that cannot be stored (column 7)',
        '/lines/9 is longer than 65536 bytes',
        '/lines/10 is not valid JSON (column 1)',
        '/lines/11 is not valid JSON (column 2)',
        '/lines/12 holds a forbidden key (column 2)',
        '/lines/13 is not valid UTF-8',
      ],
    )
  }
})

t.test('after fifty errors nothing more is read', async (t) => {
  let asked = 0
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      asked++
      yield Buffer.from('no\n'.repeat(10))
    }
  }
  const rule = { validate, mostItems: 100, mostBytes: 1e9 }
  const { errors } = await refusalOf(readJsonLines(endless(), rule, { key: 'org', signal: never }))
  t.equal(errors?.length, 50)
  t.equal(asked, 5)
})

t.test('a body is bounded in bytes and lines, and has one at least', async (t) => {
  const line = '{"id":"a"}\n'
  t.equal((await read(line.repeat(3), { mostItems: 3, mostBytes: 3 * line.length })).items.length, 3)
  t.equal((await refusalOf(read(line.repeat(3), { mostBytes: 3 * line.length - 1 }))).code, 'payload_too_large')
  t.match(await refusalOf(read(line.repeat(4), { mostItems: 3 })), { code: 'payload_too_large', detail: /3 lines/ })
  for (const nothing of ['', '\n', '\r\n\n'])
    t.match(await refusalOf(read(nothing)), { code: 'validation_failed', errors: [{ path: '/lines' }] })
})

t.test('a body that breaks off and one that nobody waits for are not taken', async (t) => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('{"id":"a"}\n')
    throw new Error('aborted')
  }
  const rule = { validate, mostItems: 100, mostBytes: 1e6 }
  t.equal((await refusalOf(readJsonLines(broken(), rule, { key: 'org', signal: never }))).code, 'malformed_request')
  const gone = new AbortController()
  async function* leaving(): AsyncGenerator<Buffer> {
    yield Buffer.from('{"id":"a"}\n')
    gone.abort(new Error('the client has gone'))
    yield Buffer.from('{"id":"b"}\n')
  }
  await t.rejects(readJsonLines(leaving(), rule, { key: 'org', signal: gone.signal }), {
    message: 'the client has gone',
  })
})
