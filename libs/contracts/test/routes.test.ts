/**
 * Every contract that is not internal is in the public route table: one that is missing there is served by its service
 * and reachable by nobody.
 */
import { readdirSync } from 'node:fs'
import t from 'tap'
import type { RouteContract } from '../src/http/contract.ts'
import { publicRoutes } from '../src/http/routes.ts'

const src = new URL('../src/http/', import.meta.url)

const isRoute = (value: unknown): value is RouteContract =>
  typeof value === 'object' && value !== null && 'operationId' in value && 'method' in value

t.test('no public contract is missing from the table, and none is there twice', async (t) => {
  const found = new Map<string, RouteContract>()
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')))
    for (const value of Object.values((await import(new URL(file, src).href)) as object))
      if (isRoute(value)) found.set(value.operationId, value)
  const expected = [...found.values()].filter(({ auth }) => auth !== 'internal').map(({ operationId }) => operationId)
  t.ok(expected.length > 80, `${expected.length} public contracts`)
  t.same(publicRoutes.map(({ operationId }) => operationId).sort(), expected.sort())
})
