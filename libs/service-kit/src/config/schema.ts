/**
 * Types for configuration: a schema's property names are the names of environment variables, so a service's `config.ts`
 * is the full list of what it reads. Secrets are marked here; outside development a weak one is refused at start.
 */
import Type, { type TSchemaOptions, type TString } from 'typebox'

/** How a secret is judged: its whole text, the password of a URL, or only by its schema (a key that cannot be weak). */
export type SecretKind = 'text' | 'url' | 'key'

/** Which of the three roles of a service a URL signs in as. */
export type DatabaseRole = 'owner' | 'runtime' | 'system'

/** A secret people or machines choose; at least 16 characters outside development. */
export const Secret = (options: TSchemaOptions = {}): TString =>
  Type.String({ ...options, secret: 'text' satisfies SecretKind })

/** The address of a server, with the password inside it. */
export const SecretUrl = (protocols: readonly string[], options: TSchemaOptions = {}): TString =>
  Type.String({ ...options, secret: 'url' satisfies SecretKind, protocols: [...protocols] })

/** Key material (a JWK, 32 random bytes) whose form the schema checks. */
export const SecretKey = (options: TSchemaOptions = {}): TString =>
  Type.String({ minLength: 1, ...options, secret: 'key' satisfies SecretKind })

/** An address without a secret. */
export const Url = (options: TSchemaOptions = {}): TString =>
  Type.String({ ...options, protocols: ['http:', 'https:'] })
