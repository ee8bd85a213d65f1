/** What the language refuses, with the construct and the place. */
import t from 'tap'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import { findExcess, limits } from '@gatehouse/policy/parse/limits'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import { readSourceText } from '@gatehouse/policy/parse/source-text'
import { schema } from './schema.ts'

t.test('constructs outside the subset are refused by name and position', async (t) => {
  const cases: readonly (readonly [source: string, error: RegExp, offset: number])[] = [
    ['resource.locked ? true : false', /conditional operator/, 16],
    ['resource.tags[0] == "a"', /indexing/, 13],
    ['resource.amount + 1 == 2', /operator \+/, 16],
    ['resource.amount * 2 == 2', /operator \*/, 16],
    ['resource.amount / 2 == 2', /operator \//, 16],
    ['resource.amount % 2 == 0', /operator %/, 16],
    ['-resource.amount == 2', /operator -/, 0],
    ['{"a": true}', /maps/, 0],
    ['resource.tags.exists_one(x, x == "a")', /of the macros/, 13],
    ['resource.tags.map(x, x == "a")', /of the macros/, 13],
    ['resource.tags.filter(x, x == "a") == []', /of the macros/, 13],
    ['resource.tags.all(x, resource.tags.exists(y, y == x))', /within another/, 34],
    ['resource.tags.exists(user, user == "a")', /is a source/, 13],
    ['resource.tags.exists(x, y == "a")', /"y" alone/, 24],
    ['resource.tags.exists(x, x == "a") && x == "b"', /"x" alone/, 37],
    ['resource.tags.exists(x, has(x))', /has/, 24],
    ['resource.tags.exists(x, x.y == "a")', /not a source/, 25],
    ['resource.due_at - resource.created_at < duration("1 hour")', /not a duration/, 40],
    ['resource.due_at - resource.created_at < duration("1us")', /not a duration/, 40],
    ['resource.due_at - resource.created_at < duration("0.0005s")', /not a duration/, 40],
    ['resource.due_at - resource.created_at < duration("999999999h")', /not a duration/, 40],
    ['resource.due_at - resource.created_at < duration(resource.owner)', /duration\(\) takes a text/, 40],
    ['inCidr(request.ip, resource.owner)', /network in quotes/, 0],
    ['inCidr(request.ip, "10.0.0.1/8")', /not a network/, 0],
    ['inCidr(request.ip, "10.0.0.0/33")', /not a network/, 0],
    ['inCidr(request.ip, "10.0.0.0")', /not a network/, 0],
    ['inCidr(request.ip)', /inCidr\(<text>, /, 0],
    ['resource.owner.matches("a.*")', /function matches/, 14],
    ['int(resource.owner) == 1', /function int/, 0],
    ['has(resource)', /has\(<source>\.<attribute>\)/, 0],
    ['has("owner")', /has\(<source>\.<attribute>\)/, 0],
    ['has(resource.owner, resource.amount)', /has\(<source>\.<attribute>\)/, 0],
    ['startsWith(resource.owner, "a")', /<text>\.startsWith\(<text>\)/, 0],
    ['resource.tags.exists("a")', /<list>\.exists\(x, <condition>\)/, 13],
    ['lower(resource.owner) == "a"', /functions are has, size, startsWith/, 0],
    ['resource.owner == null', /null/, 18],
    ['resource.amount == 1u', /unsigned/, 19],
    ['resource.owner == b"x"', /bytes/, 18],
    ['resource.amount == 9007199254740993', /lose digits/, 19],
    ['locked', /alone is not a value/, 0],
    ['account.locked', /not a source/, 7],
    ['resource.owner.name == "a"', /one dot only/, 14],
    ['resource.due_at < timestamp("soon")', /RFC 3339/, 18],
    ['resource.due_at < timestamp(resource.owner)', /text in quotes/, 18],
    ['resource.owner ==', /unexpected/, 15],
    ['', /unexpected end/, 0],
    ['resource.owner == "a" resource', /unexpected/, 22],
  ]
  for (const [source, error, offset] of cases) {
    const result = parseCondition(source)
    if (result.ok) {
      t.fail(`accepted ${source}`)
      continue
    }
    t.match(result.error, error, source)
    t.equal(result.position.offset, offset, `place in ${source}`)
  }
})

t.test('a position counts lines and columns from one', async (t) => {
  const result = parseCondition('resource.locked &&\n  resource.amount + 1 == 2')
  t.same(result.ok ? undefined : result.position, { offset: 37, line: 2, column: 19 })
})

t.test('types that never meet are refused, all of them at once', async (t) => {
  const cases: readonly (readonly [source: string, ...errors: RegExp[]])[] = [
    ['resource.amount == "ten"', /a number and a string/],
    ['resource.owner', /must be a boolean/],
    ['resource.amount && true', /operand of &&/],
    ['!resource.owner', /operand of !/],
    ['resource.locked < true', /left of </, /right of </],
    ['resource.tags == ["a"]', /left of ==/, /right of ==/],
    ['resource.due_at < "2026-01-01T00:00:00Z"', /timestamp\("…"\)/],
    ['resource.amount in ["a"]', /never in/],
    ['resource.owner in resource.owner', /must be a list/],
    ['resource.owner in ["a", 1]', /one type/],
    ['resource.owner in [["a"]]', /list of lists|one type|never/],
    ['resource.amount - 1 == 2', /left of - must be a timestamp/, /right of - must be a timestamp/],
    ['resource.due_at - resource.created_at < 5', /duration\("…"\)/],
    ['resource.due_at - resource.created_at', /must be a boolean, this is a duration/],
    ['resource.amount.exists(x, x == 1)', /list before .exists/],
    ['resource.tags.exists(x, x == 1)', /a string and a number/],
    ['resource.tags.all(x, x)', /condition of all/],
    ['inCidr(resource.amount, "10.0.0.0/8")', /address of inCidr/],
    ['[duration("1s")] == []', /list of durations/],
    ['resource.amount.startsWith("1")', /before .startsWith/],
    ['size(resource.amount) == 1', /operand of size/],
    [
      'resource.colour == "red" || membership.shoe == 1',
      /resource.colour is not .*: resource has amount, created_at, department/,
      /membership.shoe is not .*: membership has contractor, department/,
    ],
    ['has(resource.__proto__)', /resource.__proto__ is not/],
    ['resource.toString == "x"', /resource.toString is not/],
    ['organization.id == "x"', /organization.id is not/],
  ]
  for (const [source, ...errors] of cases) {
    const parsed = parseCondition(source)
    if (!parsed.ok) {
      t.fail(`${source}: ${parsed.error}`)
      continue
    }
    const checked = checkCondition(parsed.ir, schema)
    t.notOk(checked.ok, source)
    const problems = checked.ok ? [] : checked.problems
    for (const error of errors)
      t.ok(
        problems.some((problem) => error.test(problem.error)),
        `${source}: ${JSON.stringify(problems)}`,
      )
  }
})

t.test('hostile sources are refused, before the parser sees them or when they are small to it', async (t) => {
  const hostile: Record<string, string> = {
    'many parentheses': `${'('.repeat(600)}true${')'.repeat(600)}`,
    'unclosed parentheses': '('.repeat(2000),
    'brackets hidden behind a quote': `'${'('.repeat(1500)}`,
    'many lists': `${'['.repeat(1000)}${']'.repeat(1000)}`,
    'maps in maps': '{1:'.repeat(500),
    'a long selection': `resource${'.a'.repeat(1000)}`,
    'many calls': `${'f('.repeat(600)}1${')'.repeat(600)}`,
    'a ternary ladder': `${'true ? true : '.repeat(140)}true`,
    'deep comparison': `true${' == true'.repeat(200)}`,
    'too many operands': `true${'||true'.repeat(300)}`,
    'too many bytes': `resource.owner == "${'é'.repeat(1100)}"`,
    'a huge list': `resource.amount in [${'1,'.repeat(900)}1]`,
    'macros in macros': `${'resource.tags.all(x,'.repeat(30)}true${')'.repeat(30)}`,
    'macros beside macros': `[[].all(x,${'[].all(x,true)||'.repeat(60)}true)].all(x,true)`,
    'a macro over a huge list': `[${'1,'.repeat(900)}1].all(x,x==1)`,
    'a long network': `inCidr(request.ip,"${'1:'.repeat(1000)}/8")`,
    'unclosed macros': 'resource.tags.all(x,'.repeat(31),
    'a long number': `resource.amount == ${'9'.repeat(1900)}`,
    comments: '//'.repeat(1000),
    'brackets behind a comment': `true // \r${'('.repeat(1500)}`,
    'brackets behind three quotes': `"""${'('.repeat(1500)}`,
    'brackets between two texts': `"""a""""${'('.repeat(1500)}"`,
    'brackets behind a raw text': `r"\\"${'('.repeat(1500)}"`,
    'brackets behind a name that ends in r': `tr"\\"${'('.repeat(1500)}"`,
    spaces: ' '.repeat(2048),
  }
  for (const [name, source] of Object.entries(hostile)) {
    t.equal(parseCondition(source).ok, false, `${name} is refused`)
    if (findExcess(readSourceText(source).code) !== undefined || Buffer.byteLength(source) > limits.sourceBytes)
      continue
    // What the parser does take is bounded in everything that makes it work hard; 50 ms is far away then.
    const unquoted = readSourceText(source).code
    const count = (chars: RegExp) => unquoted.match(chars)?.length ?? 0
    t.ok(count(/[?{]/g) === 0 && count(/,/g) < limits.nodes && count(/\./g) <= limits.nodes, `${name} has few parts`)
    t.ok(deepest(unquoted) <= limits.depth, `${name} is flat`)
  }
})

function deepest(source: string): number {
  let depth = 0
  let most = 0
  for (const char of source) {
    if ('(['.includes(char)) most = Math.max(most, ++depth)
    else if (')]'.includes(char)) depth--
  }
  return most
}

t.test('nots cancel each other out, and a great many of them do no harm', async (t) => {
  const result = parseCondition(`${'!'.repeat(2001)}true`)
  t.match(result, { ok: true, ir: { root: { kind: 'not', operand: { kind: 'literal', value: true } } } })
})

t.test('the limits themselves are allowed', async (t) => {
  t.ok(parseCondition(`${'('.repeat(32)}true${')'.repeat(32)}`).ok)
  t.ok(parseCondition(`${'!'.repeat(31)}true`).ok)
  t.ok(parseCondition(`true${'||true'.repeat(198)}`).ok)
  t.ok(parseCondition('resource.owner == "((((((((((((((((((((((((((((((((((((((((((("').ok)
})
