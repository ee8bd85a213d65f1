import t from 'tap'
import { createFileReader, summaryLine, type FileReport } from './tap-report.ts'

function read(text: string, trouble?: string): FileReport {
  const reader = createFileReader()
  reader.stream.end(text)
  return reader.report({ file: 'a.test.ts', seconds: 1.5, trouble })
}

t.test('titled blocks without blocks of their own are counted, assertions are not', async (t) => {
  const report = read(`TAP version 14
# Subtest: outer
    # Subtest: inner a
        ok 1 - fine
        ok 2 - fine
        # 12 answers compared
        1..2
        # time=2ms
    ok 1 - inner a # time=2.611ms
    ok 2 - later # SKIP no reason
    1..2
ok 1 - outer # time=3ms
ok 2 - an assertion beside them
1..2
# { total: 2, pass: 2 }
# time=3.5ms`)
  t.equal(summaryLine(report), '1 passed, 0 failed, 1 skipped')
  t.match(report, { file: 'a.test.ts', ok: true, seconds: 1.5, passed: 1, failed: 0, skipped: 1 })
  t.same(report.figures, ['12 answers compared'])
})

t.test('a failed test counts once, and its diagnostics cannot be mistaken for results', async (t) => {
  const report = read(
    `# Subtest: outer
    # Subtest: inner
        not ok 1 - must be equal
          ---
          diff: |
            ok 7 - this is text
            # Subtest: so is this
          ...
        1..1
    not ok 1 - inner # time=1ms
      ---
      at: somewhere
      ...
    1..1
not ok 1 - outer # time=1ms
1..1`,
    'ended by exit code 1',
  )
  t.equal(summaryLine(report), '0 passed, 1 failed')
  t.equal(report.ok, false)
  t.match(report.failures.join('\n'), /must be equal[\s\S]*this is text/)
})

t.test('a file that crashes, before its first test or after its last, is a failure', async (t) => {
  t.equal(summaryLine(read('TAP version 14\n1..0 # no tests found', 'ended by exit code 1')), '0 passed, 1 failed')
  t.equal(summaryLine(read('', 'ended by SIGKILL')), '0 passed, 1 failed')
  const late = read('# Subtest: fine\n    ok 1 - yes\n    1..1\nok 1 - fine # time=1ms\n1..1', 'ended by SIGKILL')
  t.equal(summaryLine(late), '1 passed, 1 failed')
  t.match(late.failures, ['not ok a.test.ts: ended by SIGKILL'])
})

t.test('a stream that is cut is a failure, whatever the exit code says', async (t) => {
  t.equal(read('# Subtest: fine\n    ok 1 - yes\n    1..1\nok 1 - fine # time=1ms\n').ok, false)
  t.equal(read('# Subtest: fine\n    ok 1 - yes\n').ok, false)
  t.equal(read('').ok, false)
})

t.test('a failed assertion beside passing tests is a failure', async (t) => {
  const report = read(`# Subtest: fine
    ok 1 - yes
    1..1
ok 1 - fine # time=1ms
not ok 2 - beside it
  ---
  ...
1..2`)
  t.equal(summaryLine(report), '1 passed, 1 failed')
})
