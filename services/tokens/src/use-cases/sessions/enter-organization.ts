/**
 * Whether a session may act for an organization. What a stronger or more recent sign-in lifts is asked for (RFC 9470);
 * a session that none would lift is refused.
 */
import { entryRefusal, type SessionAtHand } from '@gatehouse/access/callers/access-rules'
import { isMultiFactor } from '../../domain/access-claims.ts'
import type { UsableMembership } from '../../domain/choose-organization.ts'

export type Entry =
  | { kind: 'admitted' }
  | { kind: 'step_up'; demand: { acr_values?: string[]; max_age?: number } }
  | { kind: 'not_admitted'; detail: string }

/** A passkey is two factors in one, so asking for two leads to it. */
const strong = { kind: 'step_up', demand: { acr_values: ['aal2'] } } as const satisfies Entry

export function enterOrganization(
  { requiresMfa, accessRules }: Pick<UsableMembership, 'requiresMfa' | 'accessRules'>,
  session: SessionAtHand,
): Entry {
  const refusal = entryRefusal(accessRules, session)
  if (refusal?.kind === 'address')
    return { kind: 'not_admitted', detail: 'The organization does not allow this network address.' }
  const isStrong = isMultiFactor(session.amr)
  if (refusal?.kind === 'method' && (isStrong || !refusal.accepted.includes('passkey')))
    return { kind: 'not_admitted', detail: `The organization asks for a sign-in by ${refusal.accepted.join(' or ')}.` }
  if (refusal?.kind === 'method' || (requiresMfa && !isStrong)) return strong
  return refusal ? { kind: 'step_up', demand: { max_age: refusal.maxAgeSeconds } } : { kind: 'admitted' }
}
