/**
 * The public keys that statements about the audit trail are verified with, retired ones included. For everybody: they
 * prove, they open nothing.
 */
import type { AuditKeys } from '@gatehouse/contracts/http/workers/audit-evidence'
import type { Deps } from '../../deps.ts'
import { listSigningKeys } from '../../store/audit-chains.ts'

export async function listAuditKeys({ db, auditSigner }: Pick<Deps, 'db' | 'auditSigner'>): Promise<AuditKeys> {
  const { kid, jwk } = auditSigner.key
  const earlier = await listSigningKeys(db)
  return { keys: [...earlier.filter((key) => key['kid'] !== kid), jwk] as AuditKeys['keys'] }
}
