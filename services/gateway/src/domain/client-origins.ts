/**
 * Origins that live clients of the OpenID provider name: their scripts may read answers (CORS). What a client says
 * replaces what it said before; of a client or an organization that is gone nothing is left.
 */
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import {
  OAuthClientCreated,
  OAuthClientDeleted,
  OAuthClientUpdated,
} from '@gatehouse/contracts/events/tokens/oauth-client'

type Named = { readonly organizationId: unknown; readonly isFirstParty: boolean; readonly origins: readonly string[] }
/** By client. */
export type ClientOrigins = Map<string, Named>

type Fields = Readonly<Record<string, unknown>>

/** A record of the snapshot view `floors`; those of other kinds change nothing. */
export function takeRecord(table: ClientOrigins, record: object): void {
  const { kind, id, ...said } = record as Fields
  if (kind === 'client_origins') take(table, id, said)
}

/** An event of tokens or orgs. Returns whether it was about clients; any other changes nothing. */
export function takeEvent(
  table: ClientOrigins,
  { type, data }: { readonly type: string; readonly data: Fields },
): boolean {
  const { client_id: clientId, organization_id: organizationId } = data
  if (type === OAuthClientCreated.type || type === OAuthClientUpdated.type) take(table, clientId, data)
  else if (type === OAuthClientDeleted.type) table.delete(String(clientId))
  else if (type === OrganizationDeleted.type) {
    for (const [id, named] of table) if (named.organizationId === organizationId) table.delete(id)
  } else return false
  return true
}

function take(table: ClientOrigins, id: unknown, said: Fields): void {
  const { allowed_origins: allowed, status = 'active', organization_id: organizationId, first_party: first } = said
  const origins = Array.isArray(allowed) ? allowed.filter((one) => typeof one === 'string') : []
  if (status !== 'active' || origins.length === 0) table.delete(String(id))
  else table.set(String(id), { organizationId, isFirstParty: first === true, origins })
}

/** Every origin of the table, and whether a client of the platform itself names it. */
export function originsIn(table: ClientOrigins): ReadonlyMap<string, { readonly isFirstParty: boolean }> {
  const found = new Map<string, { isFirstParty: boolean }>()
  for (const { origins, isFirstParty } of table.values())
    for (const origin of origins)
      found.set(origin, { isFirstParty: isFirstParty || (found.get(origin)?.isFirstParty ?? false) })
  return found
}
