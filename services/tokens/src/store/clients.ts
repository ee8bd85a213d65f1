/** Clients: who may ask for tokens, and the lifetimes of what they get. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { eq } from 'drizzle-orm'
import { clients } from './schema.ts'

export type Client = {
  id: string
  accessTtlSeconds: number
  refreshGraceSeconds: number
  idleTtlSeconds: number
  absoluteTtlSeconds: number
}

export const clientColumns = {
  id: clients.id,
  accessTtlSeconds: clients.accessTtlSeconds,
  refreshGraceSeconds: clients.refreshGraceSeconds,
  idleTtlSeconds: clients.idleTtlSeconds,
  absoluteTtlSeconds: clients.absoluteTtlSeconds,
}

export async function findClient(db: Queryable, id: string): Promise<Client | undefined> {
  const [row] = await db.select(clientColumns).from(clients).where(eq(clients.id, id))
  return row
}
