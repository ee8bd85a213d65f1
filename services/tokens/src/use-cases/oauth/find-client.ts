/**
 * The client that a request names: one that is registered here, or one whose `client_id` is the address of a document
 * about it (OAuth Client ID Metadata Document). Such a document is read when it is first named and when what was read
 * has grown old; a client that an operator has disabled stays so, whatever its document says.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { isDeepStrictEqual } from 'node:util'
import type { Deps } from '../../deps.ts'
import { referenceTo } from '../../crypto/client-reference.ts'
import { isClientIdentifierUrl } from '../../domain/oauth/client-identifier-url.ts'
import {
  findActiveClient,
  findClientOfDocument,
  keepDocument,
  lockDocument,
  type NewClient,
  type OAuthClient,
  updateOAuthClient,
} from '../../store/oauth-clients.ts'
import { announceClientUpdated } from '../oauth-clients/announce-client.ts'
import { insertClient } from '../oauth-clients/create-client.ts'
import { judged } from './judge-metadata.ts'

export type FindClientDeps = Pick<Deps, 'system' | 'spine' | 'issuer' | 'clock' | 'clientDocuments'>

/** `refused`: there is a document, and this is what is wrong with it. */
export type FoundClient =
  { kind: 'found'; client: OAuthClient } | { kind: 'unknown' } | { kind: 'refused'; why: string }

const fresh = { leastSeconds: 300, usualSeconds: 3_600, mostSeconds: 86_400 }
/** A document that cannot be had for a while is believed a day longer. */
const graceSeconds = 86_400
const actor: Actor = 'system'

export async function findClientNamed(deps: FindClientDeps, id: string): Promise<FoundClient> {
  if (isTypeId('client', id)) return foundOr(await findActiveClient(deps.system, id))
  if (!isClientIdentifierUrl(id) || !deps.clientDocuments.isAllowed(id)) return { kind: 'unknown' }
  const kept = await findClientOfDocument(deps.system, id)
  if (kept !== undefined && kept.status !== 'active') return { kind: 'unknown' }
  if (kept !== undefined && ageOf(deps, kept) < 0) return { kind: 'found', client: kept }
  return await readDocument(deps, id, kept)
}

const foundOr = (client: OAuthClient | undefined): FoundClient =>
  client === undefined ? { kind: 'unknown' } : { kind: 'found', client }

/** Seconds since the document was to be read again. */
const ageOf = ({ clock }: FindClientDeps, { documentExpiresAt }: OAuthClient): number =>
  (clock.now().getTime() - (documentExpiresAt?.getTime() ?? 0)) / 1000

async function readDocument(deps: FindClientDeps, id: string, kept: OAuthClient | undefined): Promise<FoundClient> {
  const refused = deps.clientDocuments.refusalOf(id)
  if (refused !== undefined) return { kind: 'refused', why: refused }
  const fetched = await deps.clientDocuments.fetch(id)
  if (fetched.kind === 'failed')
    return kept !== undefined && ageOf(deps, kept) < graceSeconds
      ? { kind: 'found', client: kept }
      : { kind: 'refused', why: fetched.reason }
  const judgement = clientOfDocument(deps, id, fetched.json)
  if (judgement.kind === 'refused') {
    // Not as one that cannot be had: what was kept of it is no longer what it says.
    deps.clientDocuments.refuse(id, judgement.why)
    return judgement
  }
  const seconds = Math.min(Math.max(fetched.freshSeconds ?? fresh.usualSeconds, fresh.leastSeconds), fresh.mostSeconds)
  const documentExpiresAt = new Date(deps.clock.now().getTime() + seconds * 1000)
  return foundOr(await keep(deps, { ...judgement.row, documentExpiresAt }))
}

type Judgement = { kind: 'row'; row: NewClient } | { kind: 'refused'; why: string }

/** Sections 4 and 6 of the draft: the document names itself, and there is no secret that could be shared in public. */
function clientOfDocument(deps: FindClientDeps, id: string, json: unknown): Judgement {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { kind: 'refused', why: 'the document is no object' }
  const said = { token_endpoint_auth_method: 'none', ...json } as Record<string, unknown>
  if (said['client_id'] !== id) return { kind: 'refused', why: 'its client_id is not its address' }
  if ('client_secret' in said || String(said['token_endpoint_auth_method']).startsWith('client_secret'))
    return { kind: 'refused', why: 'a client of a document has no secret' }
  const judgement = judged(deps, said, { createdBy: 'document' })
  if (judgement.kind === 'refused') return { kind: 'refused', why: judgement.description }
  // Anybody may call a client anything: people are shown where it is as well.
  const name = `${judgement.row.name} (${new URL(id).host})`
  return { kind: 'row', row: { ...judgement.row, id, name, documentReference: referenceTo(id) } }
}

/** What of a client its document decides. */
const decided = [
  ...['name', 'authMethod', 'jwks', 'jwksUri', 'grantTypes', 'redirectUris', 'postLogoutRedirectUris'],
  ...['backchannelLogoutUri', 'scopes', 'idTokenAlg', 'dpopBoundAccessTokens', 'requiresPushedRequests'],
  ...['logoUri', 'policyUri', 'tosUri'],
] as readonly (keyof NewClient)[]

/** Undefined: an operator has disabled it meanwhile. */
async function keep(deps: FindClientDeps, row: NewClient): Promise<OAuthClient | undefined> {
  return await deps.spine.write(
    {},
    async (tx) => {
      await lockDocument(tx, row.id)
      const known = await findClientOfDocument(tx, row.id)
      if (known === undefined) return (await insertClient(tx, row, actor)).client
      if (known.status !== 'active') return undefined
      const changed = decided.filter((member) => !isDeepStrictEqual(known[member], row[member]))
      await keepDocument(tx, row.id, row.documentExpiresAt ?? new Date(0))
      if (changed.length === 0) return known
      const client = await updateOAuthClient(
        tx,
        row.id,
        Object.fromEntries(changed.map((member) => [member, row[member]])),
      )
      await announceClientUpdated(tx, { client, changed: ['document'], actor })
      return client
    },
    { db: 'system' },
  )
}
