import t from 'tap'
import { createTapReader, summaryLine, type FileReport } from './tap-report.ts'

function readAll(text: string): { reports: FileReport[]; line: string } {
  const reports: FileReport[] = []
  const reader = createTapReader((report) => reports.push(report))
  reader.stream.end(text)
  return { reports, line: summaryLine(reader.counts()) }
}

t.test('titled blocks without blocks of their own are counted, assertions are not', async (t) => {
  const { reports, line } = readAll(`TAP version 14
# Subtest: a.test.ts
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
ok 1 - a.test.ts # time=1500ms
1..1`)
  t.equal(line, '1 passed, 0 failed, 1 skipped')
  t.match(reports, [{ file: 'a.test.ts', ok: true, seconds: 1.5, passed: 1, failed: 0, skipped: 1 }])
  t.same(reports[0]?.figures, ['12 answers compared'])
})

t.test('a failed test counts once, and its diagnostics cannot be mistaken for results', async (t) => {
  const { reports, line } = readAll(`# Subtest: b.test.ts
    # Subtest: outer
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
    1..1
not ok 1 - b.test.ts # time=9ms
  ---
  exitCode: 1
  ...`)
  t.equal(line, '0 passed, 1 failed')
  t.equal(reports[0]?.ok, false)
  t.match(reports[0]?.failures.join('\n'), /must be equal[\s\S]*this is text/)
})

t.test('a file that crashes before its first test is a failure', async (t) => {
  const { line } = readAll(`# Subtest: c.test.ts
    1..0 # no tests found
not ok 1 - c.test.ts # time=868ms
  ---
  exitCode: 1
  ...`)
  t.equal(line, '0 passed, 1 failed')
})

t.test('a failed assertion beside passing tests is a failure', async (t) => {
  const { line } = readAll(`# Subtest: d.test.ts
    # Subtest: fine
        ok 1 - yes
        1..1
    ok 1 - fine # time=1ms
    not ok 2 - beside it
      ---
      ...
    1..2
not ok 1 - d.test.ts # time=8ms`)
  t.equal(line, '1 passed, 1 failed')
})
