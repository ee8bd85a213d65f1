/**
 * The audit trail as evidence: the chain of an organization with its signed checkpoints, and the public keys to verify
 * them with.
 */
import Type, { type Static } from 'typebox'
import { OrganizationId } from '../../common/ids.ts'
import { defineRoute } from '../contract.ts'

const EvidenceQuery = Type.Object({
  /** The number of the last record that is known already. */
  after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 })),
})

const deadlineMs = 300_000
const success = {
  status: 200,
  streams: ['application/x-ndjson'],
  description: 'The chain, its checkpoints, its records and a signed end, one JSON object per line.',
} as const

export const ReadAuditEvidence = defineRoute({
  operationId: 'readAuditEvidence',
  service: 'workers',
  method: 'GET',
  path: '/v1/organizations/:org/audit-evidence',
  summary: 'The audit trail of this organization in a form that proves itself: nothing changed, removed or moved.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId }),
  query: EvidenceQuery,
  success,
  problems: ['forbidden'],
  deadlineMs,
})

export const ReadPlatformAuditEvidence = defineRoute({
  operationId: 'readPlatformAuditEvidence',
  service: 'workers',
  method: 'GET',
  path: '/v1/platform/audit-evidence',
  summary: 'The same for what belongs to no organization. Platform administrators only.',
  auth: 'user',
  query: EvidenceQuery,
  success,
  problems: ['forbidden'],
  deadlineMs,
})

const AuditKey = Type.Object({
  kid: Type.String(),
  kty: Type.Literal('EC'),
  crv: Type.Literal('P-256'),
  x: Type.String(),
  y: Type.String(),
  alg: Type.Literal('ES256'),
  use: Type.Literal('sig'),
})
const AuditKeys = Type.Object({ keys: Type.Array(AuditKey) })
export type AuditKeys = Static<typeof AuditKeys>

export const ListAuditKeys = defineRoute({
  operationId: 'listAuditKeys',
  service: 'workers',
  method: 'GET',
  path: '/v1/audit-keys',
  summary: 'The public keys (RFC 7517) that evidence is verified with, retired ones included.',
  auth: 'open',
  success: { status: 200, body: AuditKeys, description: 'A JWK set.' },
})
