/** Events of policies, their drafts and shadows, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import {
  PolicyCreated,
  PolicyDeleted,
  PolicyDraftDeleted,
  PolicyDraftSaved,
  PolicyShadowEnded,
  PolicyShadowStarted,
  PolicyUpdated,
} from '@gatehouse/contracts/events/authz/policy'
import { nextShadowVersion } from '../store/policy-shadows.ts'
import type { PolicyDraftRow, PolicyRow } from '../store/schema.ts'

type OfPolicy = { row: PolicyRow; orgId: string; actor: Actor }

const announcePolicy = (
  tx: Tx,
  {
    contract,
    row,
    orgId,
    actor,
  }: OfPolicy & { contract: typeof PolicyCreated | typeof PolicyUpdated | typeof PolicyDeleted },
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'policy',
    aggregateId: row.id,
    version: contract === PolicyDeleted ? row.version + 1 : row.version,
    orgId,
    actor,
    data: { policy_id: row.id, organization_id: orgId, key: row.key },
  })

export const announcePolicyCreated = (tx: Tx, o: OfPolicy): Promise<void> =>
  announcePolicy(tx, { contract: PolicyCreated, ...o })
export const announcePolicyUpdated = (tx: Tx, o: OfPolicy): Promise<void> =>
  announcePolicy(tx, { contract: PolicyUpdated, ...o })
export const announcePolicyDeleted = (tx: Tx, o: OfPolicy): Promise<void> =>
  announcePolicy(tx, { contract: PolicyDeleted, ...o })

/** A draft's versions are its own: they order its events and say nothing about the policy's. */
const announceDraft = (
  tx: Tx,
  {
    contract,
    row,
    key,
    actor,
  }: { contract: typeof PolicyDraftSaved | typeof PolicyDraftDeleted; row: PolicyDraftRow; key: string; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'policy_draft',
    aggregateId: row.policyId,
    version: row.version,
    orgId: row.orgId,
    actor,
    data: { policy_id: row.policyId, organization_id: row.orgId, key },
  })

type OfDraft = { row: PolicyDraftRow; key: string; actor: Actor }
export const announceDraftSaved = (tx: Tx, o: OfDraft): Promise<void> =>
  announceDraft(tx, { contract: PolicyDraftSaved, ...o })
export const announceDraftDeleted = (tx: Tx, o: OfDraft): Promise<void> =>
  announceDraft(tx, { contract: PolicyDraftDeleted, ...o })

type OfShadow = { policyId: string; orgId: string; key: string; actor: Actor }
const announceShadow = async (
  tx: Tx,
  contract: typeof PolicyShadowStarted | typeof PolicyShadowEnded,
  { policyId, orgId, key, actor }: OfShadow,
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'policy_shadow',
    aggregateId: policyId,
    version: await nextShadowVersion(tx),
    orgId,
    actor,
    data: { policy_id: policyId, organization_id: orgId, key },
  })

export const announceShadowStarted = (tx: Tx, o: OfShadow): Promise<void> => announceShadow(tx, PolicyShadowStarted, o)
export const announceShadowEnded = (tx: Tx, o: OfShadow): Promise<void> => announceShadow(tx, PolicyShadowEnded, o)
