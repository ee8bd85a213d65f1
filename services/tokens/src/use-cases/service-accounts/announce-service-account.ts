/** The events of service accounts and API keys, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { ApiKeyCreated, ApiKeyRevoked } from '@gatehouse/contracts/events/tokens/api-key'
import {
  ServiceAccountCreated,
  ServiceAccountDeleted,
  ServiceAccountUpdated,
} from '@gatehouse/contracts/events/tokens/service-account'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { ApiKey } from '../../store/api-keys.ts'
import type { ServiceAccount } from '../../store/service-accounts.ts'

const aboutAccount = (account: ServiceAccount, actor: Actor) => ({
  aggregateType: 'service_account',
  aggregateId: account.id,
  version: account.version,
  orgId: account.orgId,
  actor,
})
const idsOf = (account: ServiceAccount) => ({ service_account_id: account.id, organization_id: account.orgId })

export const announceServiceAccountCreated = (tx: Queryable, account: ServiceAccount, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: ServiceAccountCreated,
    ...aboutAccount(account, actor),
    data: { ...idsOf(account), status: 'active' },
  })

/** Only the change that disables the account carries a floor, and that floor is the version it gave. */
export const announceServiceAccountUpdated = (
  tx: Queryable,
  o: { account: ServiceAccount; changed: ('name' | 'status')[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: ServiceAccountUpdated,
    ...aboutAccount(o.account, o.actor),
    data: {
      ...idsOf(o.account),
      status: o.account.status === 'active' ? 'active' : 'disabled',
      changed: o.changed,
      ...(o.account.minVersion === o.account.version && { min_uv: o.account.minVersion }),
    },
  })

export const announceServiceAccountDeleted = (tx: Queryable, account: ServiceAccount, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: ServiceAccountDeleted,
    ...aboutAccount(account, actor),
    data: { ...idsOf(account), status: 'deleted', min_uv: account.minVersion },
  })

const aboutKey = (key: ApiKey, actor: Actor) => ({
  aggregateType: 'api_key',
  aggregateId: key.id,
  version: key.version,
  orgId: key.orgId,
  actor,
})
const keyIdsOf = (key: ApiKey) => ({
  api_key_id: key.id,
  service_account_id: key.serviceAccountId,
  organization_id: key.orgId,
})

export const announceApiKeyCreated = (tx: Queryable, key: ApiKey, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: ApiKeyCreated,
    ...aboutKey(key, actor),
    data: { ...keyIdsOf(key), expires_at: key.expiresAt.toISOString(), permissions: key.permissions },
  })

export const announceApiKeyRevoked = (tx: Queryable, key: ApiKey, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: ApiKeyRevoked,
    ...aboutKey(key, actor),
    data: { ...keyIdsOf(key), min_sv: key.minVersion },
  })
