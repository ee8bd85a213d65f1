/** A passkey as its owner reads it. */
import type { Passkey as PasskeyView } from '@gatehouse/contracts/http/identity/passkeys'
import type { Passkey } from '../../store/passkeys.ts'

export const passkeyViewOf = ({ id, name, isBackedUp, createdAt, lastUsedAt }: Passkey): PasskeyView => ({
  id,
  name,
  synced: isBackedUp,
  created_at: createdAt.toISOString(),
  last_used_at: lastUsedAt?.toISOString() ?? null,
})
