/** Bodies that are no JSON document of RFC 7493, or that are not sent as one, for each route that takes a body. */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { pathOf, sample, type Schema } from '../contract-samples.ts'
import type { Tenant } from '../tenant-sweep.ts'
import type { Attempt } from './attempt.ts'
import { preconditionOf } from './places.ts'

type Text = { form: string; text: string | Buffer; headers?: readonly (readonly [string, string])[] }

/** `good` is a body that the route takes: all of these are refused because of what was added to it. */
function textsOf(good: string): Text[] {
  const first = good.slice(1)
  const rest = first === '}' ? '}' : `,${first}`
  const first2 = first === '}' ? '{"a":1' : good.slice(0, -1)
  return [
    { form: 'cut off', text: good.slice(0, -1) },
    { form: 'two documents', text: `${good}${good}` },
    { form: 'a trailing comma', text: `${good.slice(0, -1)},}` },
    { form: 'a comment', text: `/* */${good}` },
    { form: 'single quotes', text: good.replaceAll('"', "'") === good ? "{'a':1}" : good.replaceAll('"', "'") },
    { form: 'a member twice', text: `{"same":1,"same":1${rest}` },
    { form: 'a member twice, escaped', text: `{"same":1,"s\\u0061me":1${rest}` },
    { form: 'a member twice within', text: `{"deep":[{"a":1,"a":2}]${rest}` },
    { form: 'every member twice', text: `${first2},${first2.slice(1)}}` },
    { form: 'a number a double cannot hold', text: `{"number":9007199254740993${rest}` },
    { form: 'a negative such number', text: `{"number":-9007199254740993.0${rest}` },
    { form: 'a number of many digits', text: `{"number":0.1000000000000000055511151231257827${rest}` },
    { form: 'an infinite number', text: `{"number":1e999${rest}` },
    { form: 'a number with a leading zero', text: `{"number":01${rest}` },
    { form: 'NaN', text: `{"number":NaN${rest}` },
    { form: '__proto__', text: `{"__proto__":{"admin":true}${rest}` },
    { form: '__proto__, escaped', text: `{"__pr\\u006fto__":{"admin":true}${rest}` },
    { form: 'a constructor', text: `{"constructor":{"prototype":{"admin":true}}${rest}` },
    { form: 'a member of NUL', text: `{"\\u0000":1${rest}` },
    { form: 'half a surrogate pair', text: `{"text":"\\ud800"${rest}` },
    { form: 'a surrogate pair the wrong way round', text: `{"text":"\\udc00\\ud800"${rest}` },
    { form: 'a control character', text: `{"text":"\u0001"${rest}` },
    { form: 'an unknown member', text: `{"surprise":true${rest}` },
    { form: 'deep lists', text: `{"deep":${'['.repeat(5_000)}${']'.repeat(5_000)}${rest}` },
    { form: 'deep objects', text: `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}` },
    { form: 'a list', text: '[1,2,3]' },
    { form: 'a text', text: '"text"' },
    { form: 'no UTF-8', text: Buffer.from(`{"text":"\xff\xfe"${rest}`, 'latin1') },
    { form: 'UTF-16', text: Buffer.from(`\ufeff${good}`, 'utf16le') },
    { form: 'too large', text: `{"large":"${'x'.repeat(2_000_000)}"${rest}` },
    { form: 'nothing', text: '' },
    { form: 'spaces', text: '   ' },
    { form: 'a form', text: 'a=b&c=d', headers: [['content-type', 'application/x-www-form-urlencoded']] },
    { form: 'no media type', text: 'x', headers: [] },
    { form: 'XML', text: '<a/>', headers: [['content-type', 'application/xml']] },
    { form: 'a malformed media type', text: good, headers: [['content-type', 'application/json;;;charset']] },
    {
      form: 'another charset',
      text: `{"surprise":1${rest}`,
      headers: [['content-type', 'application/json; charset=utf-16']],
    },
    {
      form: 'a coding',
      text: good,
      headers: [
        ['content-type', 'application/json'],
        ['content-encoding', 'gzip'],
      ],
    },
    { form: 'parts', text: '--x\r\n\r\n--x--', headers: [['content-type', 'multipart/form-data; boundary=x']] },
  ]
}

const isOpenSchema = ({ body }: RouteContract): boolean =>
  (body as { additionalProperties?: unknown } | undefined)?.additionalProperties === true

/** AuthZEN ignores what it does not know, and where all members may be absent an empty body is one. */
const mayPass = (route: RouteContract, form: string): boolean =>
  (isOpenSchema(route) && ['an unknown member', 'another charset'].includes(form)) ||
  (route.bodyIsOptional === true && ['nothing', 'spaces', 'no media type'].includes(form)) ||
  ['a malformed media type', 'a coding'].includes(form)

const json = ['content-type', 'application/json'] as const

export function malformedTexts(route: RouteContract, self: Tenant): Attempt[] {
  if (!route.body) return []
  const body = route.body as Schema
  const about = {
    route: route.operationId,
    method: route.method,
    path: pathOf(route, self.ids),
  }
  const known = [
    ...(route.auth === 'open' ? [] : [['authorization', `Bearer ${self.token}`] as const]),
    ...preconditionOf(route),
  ]
  const whole = textsOf(JSON.stringify(sample(body, self.ids))).map(({ form, text, headers }) => ({
    ...about,
    position: 'body (text)',
    form,
    headers: [...known, ...(headers ?? [json])],
    body: Buffer.from(text),
    isRefused: !mayPass(route, form),
  }))
  const item = body.properties?.[route.lines?.member ?? '']?.items
  if (item === undefined) return whole
  const lines = linesOf(JSON.stringify(sample(item, self.ids))).map(({ form, text }) => ({
    ...about,
    position: 'body (lines)',
    form,
    headers: [...known, ['content-type', 'application/x-ndjson'] as const],
    body: Buffer.from(text),
    isRefused: true,
  }))
  return [...whole, ...lines]
}

/** Each text as one of three lines, of which the others are right. A line may be empty. */
function linesOf(good: string): Text[] {
  // Each line is about something else.
  const [before, after] = ['before', 'after'].map((which) => good.replace('sweep-value', `sweep-${which}`))
  const asLines = textsOf(good).filter(({ form, headers }) => !headers && form !== 'nothing' && form !== 'spaces')
  const between = asLines.map(({ form, text }): Text => {
    const line = Buffer.concat([Buffer.from(`${before}\n`), Buffer.from(text), Buffer.from(`\n${after}\n`)])
    return { form, text: line }
  })
  return [
    ...between,
    { form: 'no line', text: '' },
    { form: 'empty lines', text: '\n\n\n' },
    { form: 'one JSON document over lines', text: good.replaceAll(',', ',\n').replace('{', '{\n') },
    { form: 'lines separated by NUL', text: `${good}\0${good}` },
    { form: 'a sequence of RFC 7464', text: `\u001e${good}\n\u001e${good}\n` },
    { form: 'a line for every place', text: `${'{}\n'.repeat(9_000)}` },
    { form: 'more lines than there may be', text: `${good}\n`.repeat(10_001) },
  ]
}
