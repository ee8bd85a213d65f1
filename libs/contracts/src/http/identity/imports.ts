/** People brought from another system, and taken to another. A line of the one is a line of the other. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import { DisplayName, EmailAddress, LanguageTag, Reason, TimeZone } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

/** The identifier a person has in the system they come from. */
const ExternalId = Type.String({ minLength: 1, maxLength: 255, pattern: '^[^\\p{Cc}\\p{Cs}]+$' })

/**
 * `password_hash`: `$argon2id$…` (also `i`, `d`), `$2b$…` (bcrypt), `$scrypt$ln=,r=,p=$salt$hash`,
 * `$pbkdf2-sha256$i=$salt$hash` (also `sha1`, `sha512`), `$firebase-scrypt$ln=,r=$salt$separator$signer key$hash`,
 * binary parts as base64. Absent: the person sets a password by mail.
 */
export const ImportedPerson = Type.Object({
  external_id: ExternalId,
  email: EmailAddress,
  name: DisplayName,
  password_hash: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, pattern: '^\\$[!-~]+$' })),
  locale: Type.Optional(LanguageTag),
  time_zone: Type.Optional(TimeZone),
})
export type ImportedPerson = Static<typeof ImportedPerson>

/** `unchanged`: this line was imported before. */
export const ImportOutcome = Type.Object({
  external_id: Type.String(),
  status: Type.Union([Type.Literal('created'), Type.Literal('unchanged'), Type.Literal('refused')]),
  user_id: Type.Optional(UserId),
  reason: Type.Optional(
    Type.Union([
      Type.Literal('address_taken'),
      Type.Literal('address_unusable'),
      Type.Literal('hash_unsupported'),
      Type.Literal('time_zone_unknown'),
    ]),
  ),
})
export type ImportOutcome = Static<typeof ImportOutcome>

/** So many people are imported by one request. */
export const mostPeopleAtOnce = 200

export const ImportPeople = defineRoute({
  operationId: 'importPeople',
  service: 'identity',
  method: 'POST',
  path: '/v1/platform/imports/people',
  summary:
    'Import people whose addresses another system has proven, with the hashes of their passwords, up to 200 at ' +
    'once. Each line has an outcome of its own, in order; a line that was imported before is left as it is, so a ' +
    'request may be sent again.',
  auth: 'user',
  body: Type.Object({
    reason: Reason,
    people: Type.Array(ImportedPerson, { minItems: 1, maxItems: mostPeopleAtOnce }),
  }),
  example: {
    reason: 'Move from the old shop',
    people: [{ external_id: 'shop-4711', email: 'ada@example.org', name: 'Ada Lovelace' }],
  },
  success: { status: 200, body: Type.Object({ data: Type.Array(ImportOutcome) }), description: 'One outcome a line.' },
  problems: ['forbidden'],
  retryable: true,
  bodyLimitBytes: 1_048_576,
  deadlineMs: 20_000,
})

export const ExportPeople = defineRoute({
  operationId: 'exportPeople',
  service: 'identity',
  method: 'GET',
  path: '/v1/platform/exports/people',
  summary:
    'Everybody whose address is proven, with the hashes of their passwords, as lines another instance imports. ' +
    'Second factors are not among them. Wants a recent sign-in.',
  auth: 'user',
  query: Type.Object({ reason: Reason }),
  success: { status: 200, streams: ['application/x-ndjson'], description: 'One line per person.' },
  problems: ['forbidden', 'insufficient_user_authentication'],
  deadlineMs: 600_000,
})

export const importRoutes = [ImportPeople, ExportPeople] as const
