/**
 * How service accounts and API keys look on the wire; nothing of a secret is in a row, so nothing of one can be here.
 */
import type {
  ApiKey as ApiKeyOnWire,
  ServiceAccount as ServiceAccountOnWire,
} from '@gatehouse/contracts/http/tokens/service-accounts'
import type { ListedApiKey } from '../../store/api-keys.ts'
import type { ServiceAccount } from '../../store/service-accounts.ts'

export const serviceAccountView = (account: ServiceAccount): ServiceAccountOnWire => ({
  id: account.id,
  name: account.name,
  status: account.status === 'active' ? 'active' : 'disabled',
  created_at: account.createdAt.toISOString(),
  updated_at: account.updatedAt.toISOString(),
})

/** `isMakerPresent`: as `presentMakers` says. */
export const apiKeyView = (key: ListedApiKey, isMakerPresent: boolean): ApiKeyOnWire => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  last4: key.last4,
  permissions: key.permissions,
  status: key.status === 'active' && key.isExpired ? 'expired' : key.status,
  created_at: key.createdAt.toISOString(),
  expires_at: key.expiresAt.toISOString(),
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
  replaced_by: key.replacedBy,
  created_by: key.createdBy,
  maker_status: isMakerPresent ? 'active' : 'gone',
})
