/** Reports the live API keys of a person who is gone, in the transaction that learns of it. The keys live on. */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { claimKeysOfMaker } from '../../store/api-key-notices.ts'
import { announceApiKeyMakerLeft } from './announce-service-account.ts'

/** Keys of one maker in one organization that are told of; the list by maker shows all. */
const mostOfOneMaker = 200

export async function reportKeysOfLeaver(tx: Tx, o: { userId: string; orgId: string | null }): Promise<void> {
  const { userId, orgId } = o
  const keys = await claimKeysOfMaker(tx, { orgId, createdBy: `user:${userId}`, limit: mostOfOneMaker })
  for (const key of keys) await announceApiKeyMakerLeft(tx, { key, maker: userId })
}
