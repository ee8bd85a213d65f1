/** Gives the person the operator's configuration named the role of platform administrator, once. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { PlatformAdminBootstrapped } from '@gatehouse/contracts/events/identity/user'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { Value } from 'typebox/value'
import { platformAdminRole } from '../../domain/platform.ts'
import { insertPlatformRole } from '../../store/assignments.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { announcePlatformRole } from '../../announce/assignment.ts'

export async function assignPlatformAdmin(tx: Tx, event: EventEnvelope): Promise<void> {
  const { user_id: userId } = Value.Parse(PlatformAdminBootstrapped.data, event.data)
  const role = (await listRolesInReach(tx, undefined)).find(({ key }) => key === platformAdminRole)
  if (!role) throw new Error(`the role ${platformAdminRole} is missing`)
  const row = await insertPlatformRole(tx, { userId, roleId: role.id, givenBy: 'service:identity' })
  if (row) await announcePlatformRole(tx, { row, role: role.key, actor: 'service:identity' })
}
