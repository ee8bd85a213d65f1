/** What the language refuses, with the construct and the place. */
import t from 'tap'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import { schema } from './schema.ts'

t.test('constructs outside the subset are refused by name and position', async (t) => {
  const cases: readonly (readonly [source: string, error: RegExp, offset: number])[] = [
    ['resource.locked ? true : false', /conditional operator/, 16],
    ['resource.tags[0] == "a"', /indexing/, 13],
    ['resource.amount + 1 == 2', /operator \+/, 16],
    ['resource.amount - 1 == 2', /operator -/, 16],
    ['resource.amount * 2 == 2', /operator \*/, 16],
    ['resource.amount / 2 == 2', /operator \//, 16],
    ['resource.amount % 2 == 0', /operator %/, 16],
    ['-resource.amount == 2', /operator -/, 0],
    ['{"a": true}', /maps/, 0],
    ['resource.tags.exists(x, x == "a")', /macros/, 13],
    ['resource.owner.matches("a.*")', /function matches/, 14],
    ['int(resource.owner) == 1', /function int/, 0],
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
    ['resource.amount.startsWith("1")', /before .startsWith/],
    ['size(resource.amount) == 1', /operand of size/],
    ['resource.colour == "red" || membership.shoe == 1', /resource.colour is not/, /membership.shoe is not/],
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
    for (const error of errors) t.ok(problems.some((problem) => error.test(problem.error)), `${source}: ${JSON.stringify(problems)}`)
  }
})

t.test('hostile sources are refused within 50 ms', async (t) => {
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
    'unclosed macros': 'resource.tags.all(x,'.repeat(31),
    'a long number': `resource.amount == ${'9'.repeat(1900)}`,
    'comments': '//'.repeat(1000),
    'spaces': ' '.repeat(2048),
  }
  parseCondition('true')
  for (const [name, source] of Object.entries(hostile)) {
    // Processor time: what others do on this machine is no fault of the parser.
    const begun = process.cpuUsage()
    const result = parseCondition(source)
    const { user, system } = process.cpuUsage(begun)
    const elapsedMs = (user + system) / 1000
    t.equal(result.ok, false, `${name} is refused`)
    t.ok(elapsedMs < 50, `${name} in ${elapsedMs.toFixed(1)} ms`)
  }
})

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
