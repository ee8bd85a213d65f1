import t from 'tap'
import { coverageTable } from './coverage-table.ts'

const file = (lines: [number, number], branches: [number, number]) => ({
  lines: { covered: lines[0], total: lines[1] },
  branches: { covered: branches[0], total: branches[1] },
})

t.test('files count by their size, and the total of the report is not a package', async (t) => {
  const summary = {
    total: file([0, 1], [0, 1]),
    '/r/services/orgs/src/a.ts': file([10, 10], [0, 0]),
    '/r/libs/policy/src/b.ts': file([1, 100], [1, 2]),
    '/r/libs/policy/src/deep/c.ts': file([100, 100], [1, 1]),
  }
  t.same(coverageTable(summary, '/r'), [
    'libs/policy             50.5 % of lines  66.7 % of branches  (2 files)',
    'services/orgs          100.0 % of lines 100.0 % of branches  (1 files)',
    'all                     52.9 % of lines  66.7 % of branches  (3 files)',
  ])
})
