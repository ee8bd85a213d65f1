/** The table of answers: what a route declares, who saw it, and which route nobody saw succeed. */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import t from 'tap'
import { tabulate, unproven } from './answers-table.ts'

const route = publicRoutes.find(({ operationId }) => operationId === 'refreshToken')
if (route === undefined) throw new Error('the contracts have no refreshToken')
const own = 'services/tokens/test/routes/refresh.test.ts'

t.test('an answer counts for its route, and by its code', async (t) => {
  const rows = tabulate(
    [route],
    [{ file: own, seen: ['POST /v1/auth/refresh 200', 'POST /v1/auth/refresh 401 invalid_refresh_token'] }],
  )
  const seen = rows.filter(({ files }) => files.length > 0).map(({ answer }) => answer)
  t.same(seen, ['200', '401 invalid_refresh_token'])
  t.ok(rows.length > seen.length, 'what nobody saw has its row')
  t.same(unproven(rows), [])
})

t.test('a success that only the gateway passed on proves nothing', async (t) => {
  const rows = tabulate(
    [route],
    [{ file: 'services/gateway/test/routes/edge.test.ts', seen: ['POST /v1/auth/refresh 200'] }],
  )
  t.same(unproven(rows), ['POST /v1/auth/refresh'])
})
