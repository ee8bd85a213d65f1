/** The drizzle column of an identifier: a uuid in the table, a TypeID everywhere else. */
import { customType } from 'drizzle-orm/pg-core'
import { typeIdOf, uuidOf } from '../ids/type-id.ts'

/** `typeId('id', 'user')` stores `user_…` as its UUID and refuses an identifier of any other type. */
export const typeId = (column: string, prefix: string) =>
  customType<{ data: string; driverData: string }>({
    dataType: () => 'uuid',
    toDriver: (id) => uuidOf(id, prefix),
    fromDriver: (uuid) => typeIdOf(prefix, uuid),
  })(column)
