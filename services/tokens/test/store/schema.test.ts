/** The drizzle tables of tokens and the tables its migrations make are the same. */
import { testDatabase } from '@gatehouse/test-kit/database'
import { schemaDifferences } from '@gatehouse/test-kit/schema-drift'
import t from 'tap'
import * as clientSchema from '../../src/store/oauth-client-schema.ts'
import * as schema from '../../src/store/schema.ts'

t.test('every declared column is the one a migration made, and no table is left out', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'] })
  t.same(await schemaDifferences(database, 'tokens', { ...schema, ...clientSchema }), [])
})
