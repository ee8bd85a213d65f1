/** The metadata that a client states about itself (RFC 7591 §2), as a client of ours or with what is wrong with it. */
import { ClientMetadata } from '@gatehouse/contracts/http/tokens/client-registration'
import { Value } from 'typebox/value'
import type { Deps } from '../../deps.ts'
import { registrationOf } from '../../domain/oauth/client-registration.ts'
import type { NewClient } from '../../store/oauth-clients.ts'
import { clientOf, complaintsAbout } from '../oauth-clients/client-members.ts'

type Refused = {
  kind: 'refused'
  error: 'invalid_client_metadata' | 'invalid_redirect_uri'
  description: string
}

export function judged(
  deps: Pick<Deps, 'issuer' | 'clientDocuments'>,
  json: unknown,
  { createdBy }: { createdBy: string },
): Refused | { kind: 'good'; row: NewClient; metadata: ClientMetadata } {
  const refused = (description: string): Refused => ({ kind: 'refused', error: 'invalid_client_metadata', description })
  if (!Value.Check(ClientMetadata, json)) {
    const [first] = Value.Errors(ClientMetadata, json)
    return refused(`${first?.instancePath ?? ''} ${first?.message ?? 'is not what it should be'}`.trim())
  }
  const registration = registrationOf(json)
  if (registration === undefined) return refused('scope has no scope of this provider.')
  const row = clientOf(registration, { orgId: null, createdBy })
  const [complaint] = complaintsAbout(deps, row)
  if (complaint === undefined) return { kind: 'good', row, metadata: json }
  const error = complaint.path.startsWith('/redirect_uris') ? 'invalid_redirect_uri' : 'invalid_client_metadata'
  return { kind: 'refused', error, description: `${complaint.path} ${complaint.message}` }
}
