/** Tells the owners of API keys that one expires soon. */
import type { Deps } from '../../deps.ts'
import { claimExpiringKeys, listPresentPeople } from '../../store/api-key-notices.ts'
import { announceApiKeyExpiring } from './announce-service-account.ts'
import { personWhoMade } from './makers-of-keys.ts'

/** Few enough to finish within a statement's time limit. */
const batch = 100

/** Reminds of every key that is due. Two replicas at once share the keys between them. */
export async function remindOfExpiringKeys(deps: Pick<Deps, 'spine'>): Promise<void> {
  while ((await remindOfSome(deps)) === batch);
}

const remindOfSome = (deps: Pick<Deps, 'spine'>): Promise<number> =>
  deps.spine.write(
    {},
    async (tx) => {
      const keys = await claimExpiringKeys(tx, batch)
      for (const key of keys) {
        const userIds = [personWhoMade(key)].filter((id) => id !== undefined)
        const [maker] = await listPresentPeople(tx, { orgId: key.orgId, userIds })
        await announceApiKeyExpiring(tx, { key, maker: maker ?? null })
      }
      return keys.length
    },
    { db: 'system' },
  )
