/** Signs statements about the audit trail with the key of workers, which nobody but workers holds. */
import { createPrivateKey } from 'node:crypto'
import { signEs256 } from '@gatehouse/access/tokens/es256'
import type { Jwk } from '@gatehouse/access/tokens/jwks-source'
import {
  createStatement,
  type CheckpointClaims,
  type ExportClaims,
  type StatementType,
} from '../evidence/audit-statement.ts'

export type AuditSigner = {
  /** Of the key that signs: its name and its public half. */
  readonly key: { kid: string; jwk: object }
  sign(typ: StatementType, claims: CheckpointClaims | ExportClaims): string
}

/** @param privateKey - `SERVICE_PRIVATE_KEY`, which was checked at the start */
export function createAuditSigner(privateKey: string): AuditSigner {
  const { kid = '', kty, crv, x, y, d } = JSON.parse(privateKey) as Jwk
  const key = createPrivateKey({ key: { kty, crv, x, y, d } as never, format: 'jwk' })
  return {
    key: { kid, jwk: { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' } },
    sign: (typ, claims) => createStatement({ typ, kid, sign: (input) => signEs256(input, key) }, claims),
  }
}
