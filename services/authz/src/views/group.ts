/** Groups as the wire has them. */
import type { Group } from '@gatehouse/contracts/http/authz/groups'
import type { GroupRow } from '../store/schema.ts'

export const groupView = ({ id, key, name, createdAt }: GroupRow): Group => ({
  id,
  key,
  name,
  created_at: createdAt.toISOString(),
})
