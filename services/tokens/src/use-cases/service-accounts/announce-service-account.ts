/** The events of service accounts and API keys, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import {
  ApiKeyCreated,
  ApiKeyExpiring,
  ApiKeyMakerLeft,
  ApiKeyReplaced,
  ApiKeyRevoked,
} from '@gatehouse/contracts/events/tokens/api-key'
import {
  ServiceAccountCreated,
  ServiceAccountDeleted,
  ServiceAccountUpdated,
  ServiceAccountUsed,
} from '@gatehouse/contracts/events/tokens/service-account'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { ApiKey } from '../../store/api-keys.ts'
import type { ServiceAccount } from '../../store/service-accounts.ts'

/** Who changed it, and why: an operator says so of what is the platform's. */
export type By = { readonly actor: Actor; readonly reason: string | undefined }

const ofOwner = ({ orgId }: { orgId: string | null }) => (orgId === null ? {} : { orgId })
const because = ({ reason }: By) => (reason === undefined ? {} : { reason })

const aboutAccount = (account: Pick<ServiceAccount, 'id' | 'version' | 'orgId'>, actor: Actor) => ({
  aggregateType: 'service_account',
  aggregateId: account.id,
  version: account.version,
  ...ofOwner(account),
  actor,
})
const idsOf = (account: ServiceAccount) => ({ service_account_id: account.id, organization_id: account.orgId })

export const announceServiceAccountCreated = (tx: Queryable, account: ServiceAccount, by: By): Promise<void> =>
  appendEvent(tx, {
    contract: ServiceAccountCreated,
    ...aboutAccount(account, by.actor),
    data: { ...idsOf(account), status: 'active', ...because(by) },
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

export const announceServiceAccountDeleted = (tx: Queryable, account: ServiceAccount, by: By): Promise<void> =>
  appendEvent(tx, {
    contract: ServiceAccountDeleted,
    ...aboutAccount(account, by.actor),
    data: { ...idsOf(account), status: 'deleted', min_uv: account.minVersion, ...because(by) },
  })

/** For the organization it was used for, which did not make it. */
export const announceServiceAccountUsed = (
  tx: Queryable,
  o: { account: Pick<ServiceAccount, 'id' | 'version'>; keyId: string; organizationId: string },
): Promise<void> =>
  appendEvent(tx, {
    contract: ServiceAccountUsed,
    ...aboutAccount({ ...o.account, orgId: o.organizationId }, `service_account:${o.account.id}`),
    data: { service_account_id: o.account.id, organization_id: o.organizationId, api_key_id: o.keyId },
  })

const aboutKey = (key: ApiKey, actor: Actor) => ({
  aggregateType: 'api_key',
  aggregateId: key.id,
  version: key.version,
  ...ofOwner(key),
  actor,
})
const keyIdsOf = (key: ApiKey) => ({
  api_key_id: key.id,
  service_account_id: key.serviceAccountId,
  organization_id: key.orgId,
})

/** `replaces`: the key that was rotated to this one. */
export const announceApiKeyCreated = (
  tx: Queryable,
  key: ApiKey,
  by: By & { readonly replaces: string | undefined },
): Promise<void> =>
  appendEvent(tx, {
    contract: ApiKeyCreated,
    ...aboutKey(key, by.actor),
    data: {
      ...keyIdsOf(key),
      expires_at: key.expiresAt.toISOString(),
      permissions: key.permissions,
      ...(by.replaces !== undefined && { replaces: by.replaces }),
      ...because(by),
    },
  })

export const announceApiKeyReplaced = (
  tx: Queryable,
  { key, replacedBy, by }: { key: ApiKey; replacedBy: string; by: By },
): Promise<void> =>
  appendEvent(tx, {
    contract: ApiKeyReplaced,
    ...aboutKey(key, by.actor),
    data: { ...keyIdsOf(key), replaced_by: replacedBy, expires_at: key.expiresAt.toISOString(), ...because(by) },
  })

export const announceApiKeyExpiring = (
  tx: Queryable,
  { key, maker }: { key: ApiKey; maker: string | null },
): Promise<void> =>
  appendEvent(tx, {
    contract: ApiKeyExpiring,
    ...aboutKey(key, 'system'),
    data: {
      ...keyIdsOf(key),
      expires_at: key.expiresAt.toISOString(),
      days_left: key.remindedDays === 3 ? 3 : 14,
      maker,
    },
  })

export const announceApiKeyMakerLeft = (tx: Queryable, { key, maker }: { key: ApiKey; maker: string }): Promise<void> =>
  appendEvent(tx, { contract: ApiKeyMakerLeft, ...aboutKey(key, 'system'), data: { ...keyIdsOf(key), maker } })

export const announceApiKeyRevoked = (tx: Queryable, key: ApiKey, by: By): Promise<void> =>
  appendEvent(tx, {
    contract: ApiKeyRevoked,
    ...aboutKey(key, by.actor),
    data: { ...keyIdsOf(key), min_sv: key.minVersion, ...because(by) },
  })
