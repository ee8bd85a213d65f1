/** The environment of workers; the only place that names its variables. */
import { PipelineName } from '@gatehouse/contracts/jobs/contract'
import {
  natsConfig,
  peerConfig,
  poolConfig,
  postgresConfig,
  redisConfig,
  serviceConfig,
} from '@gatehouse/service-kit/config/fragments'
import { SecretKey, Url } from '@gatehouse/service-kit/config/schema'
import Type, { type Static } from 'typebox'
import { Locale } from './mails/locale.ts'

/** base64url of 32 bytes. */
const keyPattern = '^[A-Za-z0-9_-]{43}=?$'

export const config = Type.Object({
  ...serviceConfig,
  ...postgresConfig,
  // Of workers each pipeline is a process, so there are many of them.
  ...poolConfig({ runtime: 2, system: 2 }),
  ...natsConfig,
  ...redisConfig,
  IDENTITY_URL: peerConfig.IDENTITY_URL,
  TOKENS_URL: peerConfig.TOKENS_URL,
  ORGS_URL: peerConfig.ORGS_URL,
  AUTHZ_URL: peerConfig.AUTHZ_URL,
  PUBLIC_URL: Url({ description: 'Where people reach the platform; links in mails begin with it.' }),
  // A relay inside the own network needs no password, so its absence is no weakness.
  SMTP_URL: SecretKey({
    protocols: ['smtp:', 'smtps:'],
    description:
      'The mail server: smtp://user:password@host:port, smtps:// for TLS from the first byte, ?requireTLS=true to ' +
      'insist on STARTTLS.',
  }),
  MAIL_FROM: Type.String({
    pattern: '^[^\\u0000-\\u001f\\u007f]*@[^\\u0000-\\u001f\\u007f\\s]+$',
    description: 'Sender of all mails: an address, or Name <address>.',
  }),
  MAIL_LOCALE: Type.Union([...Locale.anyOf], {
    default: 'en',
    description: 'Language of mails to people whose own is not known.',
  }),
  MAIL_TEMPLATES_FOLDER: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'A folder with own texts of mails, other languages and another layout; checked at start.',
    }),
  ),
  KEY_ENCRYPTION_KEY: SecretKey({
    pattern: keyPattern,
    description:
      'Encrypts the secrets of webhooks and the keys of the audit trail at rest: base64url of 32 random bytes.',
  }),
  KEY_ENCRYPTION_KEY_PREVIOUS: Type.Optional(
    SecretKey({
      pattern: keyPattern,
      description:
        'Another key-encryption key, which opens and does not seal: the next one while it is announced, the ' +
        'previous one while ciphertexts name it.',
    }),
  ),
  WEBHOOK_ALLOWED_NETWORKS: Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+/[0-9]{1,3}$' }), {
    default: [],
    description:
      'Networks beside the public Internet that webhooks may reach, in CIDR notation, separated by commas; with ' +
      'any, also http:// is accepted. For development.',
  }),
  WEBHOOK_DISABLE_AFTER_SECONDS: Type.Integer({
    default: 259_200,
    minimum: 60,
    maximum: 2_592_000,
    description: 'How long every delivery to an endpoint has to fail before it is disabled and its maker told.',
  }),
  AUDIT_CHECKPOINT_SECONDS: Type.Integer({
    default: 900,
    minimum: 1,
    maximum: 86_400,
    description: 'Seconds between two signed checkpoints of the audit trail.',
  }),
  WORKERS_PIPELINES: Type.Array(PipelineName, {
    default: ['mail', 'security-alert', 'audit', 'webhook', 'logout'],
    minItems: 1,
    uniqueItems: true,
    description: 'Pipelines this process runs, separated by commas; each can be scaled alone.',
  }),
  QUEUE_PREFIX: Type.String({
    default: 'gatehouse',
    pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
    description: 'Sets the queues of this deployment apart from others on the same Redis.',
  }),
  JOBS_SWEEP_SECONDS: Type.Integer({
    default: 5,
    minimum: 1,
    maximum: 3600,
    description: 'Seconds between two looks at the ledger for jobs Redis has lost.',
  }),
})
export type Config = Static<typeof config>
