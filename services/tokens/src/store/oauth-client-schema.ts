/** Tables of clients of the OpenID provider as the code sees them; the truth is in migrations/. */
import { typeId } from '@gatehouse/service-kit/postgres/type-id'
import type { ClientKeys, GrantType } from '@gatehouse/contracts/http/tokens/oauth-client'
import { bigint, boolean, customType, integer, jsonb, pgTable, smallint, text, timestamp } from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const at = (column: string) => timestamp(column, { withTimezone: true, mode: 'date' })

export const oauthClients = pgTable('oauth_clients', {
  id: text('id').primaryKey(),
  orgId: typeId('org_id', 'org'),
  name: text('name').notNull(),
  status: text('status', { enum: ['active', 'disabled', 'deleted'] }).notNull(),
  version: bigint('version', { mode: 'number' }).notNull(),
  authMethod: text('auth_method', { enum: ['none', 'client_secret', 'private_key_jwt'] }).notNull(),
  jwks: jsonb('jwks').$type<ClientKeys>(),
  jwksUri: text('jwks_uri'),
  grantTypes: text('grant_types').array().$type<GrantType[]>().notNull(),
  redirectUris: text('redirect_uris').array().notNull(),
  postLogoutRedirectUris: text('post_logout_redirect_uris').array().notNull(),
  allowedOrigins: text('allowed_origins').array().notNull(),
  backchannelLogoutUri: text('backchannel_logout_uri'),
  scopes: text('scopes').array().notNull(),
  audiences: text('audiences').array().notNull(),
  idTokenAlg: text('id_token_alg', { enum: ['RS256', 'ES256'] }).notNull(),
  isFirstParty: boolean('is_first_party').notNull(),
  dpopBoundAccessTokens: boolean('dpop_bound_access_tokens').notNull(),
  requiresPushedRequests: boolean('requires_pushed_requests').notNull(),
  securityProfile: text('security_profile', { enum: ['oauth2', 'fapi2'] }).notNull(),
  accessTokenSeconds: integer('access_token_seconds'),
  sessionSeconds: integer('session_seconds'),
  logoUri: text('logo_uri'),
  policyUri: text('policy_uri'),
  tosUri: text('tos_uri'),
  registrationHash: bytea('registration_hash'),
  documentExpiresAt: at('document_expires_at'),
  documentReference: text('document_reference'),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull(),
  updatedAt: at('updated_at').notNull(),
})

export const oauthClientSecrets = pgTable('oauth_client_secrets', {
  id: typeId('id', 'cls').primaryKey(),
  clientId: text('client_id').notNull(),
  orgId: typeId('org_id', 'org'),
  slot: smallint('slot').notNull(),
  hash: bytea('hash').notNull(),
  last4: text('last4').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull(),
})

export const oauthRegistrationTokens = pgTable('oauth_registration_tokens', {
  id: typeId('id', 'rgt').primaryKey(),
  hash: bytea('hash').notNull(),
  name: text('name').notNull(),
  usesLeft: integer('uses_left').notNull(),
  expiresAt: at('expires_at').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull(),
})
