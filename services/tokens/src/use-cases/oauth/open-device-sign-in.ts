/**
 * The sign-in of a device: a session of its own, as its person sees it in the list of their sessions, authenticated
 * when and how the sign-in that allowed it was. It holds one client's session, has no tokens of its own, and ends with
 * it.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { insertDeviceSignIn } from '../../store/child-sessions.ts'
import type { Client } from '../../store/clients.ts'
import type { Session } from '../../store/sessions.ts'
import { announceStart } from '../sessions/announce-session-start.ts'

export async function openDeviceSignIn(
  tx: Tx,
  o: {
    approver: Session
    client: Client
    /** Of the application: what the person knows the device by. */
    name: string
    organizationId: string | null
    clientAddress: string | undefined
  },
): Promise<Session> {
  const { approver, client, name, organizationId } = o
  const session = await insertDeviceSignIn(tx, {
    id: newId('ses'),
    approver,
    client,
    deviceName: name,
    organizationId,
    clientAddress: o.clientAddress ?? null,
  })
  await announceStart(tx, session)
  return session
}
