/** The environment of identity; the only place that names its variables. */
import { availableParallelism } from 'node:os'
import {
  emailCodes,
  natsConfig,
  peerConfig,
  postgresConfig,
  serviceConfig,
} from '@gatehouse/service-kit/config/fragments'
import { Secret, SecretKey } from '@gatehouse/service-kit/config/schema'
import Type, { type Static } from 'typebox'

/** base64url of 32 bytes. */
const keyPattern = '^[A-Za-z0-9_-]{43}=?$'

const Whole = (minimum: number, maximum: number, standard: number, description: string) =>
  Type.Integer({ minimum, maximum, default: standard, description })

export const config = Type.Object({
  ...serviceConfig,
  ...postgresConfig,
  ...natsConfig,
  TOKENS_URL: peerConfig.TOKENS_URL,
  AUTHZ_URL: peerConfig.AUTHZ_URL,
  ORGS_URL: peerConfig.ORGS_URL,
  KEY_ENCRYPTION_KEY: SecretKey({
    pattern: keyPattern,
    description: 'Encrypts the secrets of authenticator apps at rest: base64url of 32 random bytes.',
  }),
  KEY_ENCRYPTION_KEY_PREVIOUS: Type.Optional(
    SecretKey({
      pattern: keyPattern,
      description:
        'Another key-encryption key, which opens and does not seal: the next one while it is announced, the ' +
        'previous one while ciphertexts name it.',
    }),
  ),
  // The smallest argon2id setting OWASP recommends (Password Storage Cheat Sheet): 19 MiB, two passes, one lane.
  IDENTITY_ARGON2_MEMORY_KIB: Whole(
    8 * 1024,
    4 * 1024 * 1024,
    19_456,
    'Memory of one password hash in KiB; raised values reach a person at their next sign-in.',
  ),
  IDENTITY_ARGON2_PASSES: Whole(1, 20, 2, 'Passes over that memory.'),
  IDENTITY_ARGON2_LANES: Whole(1, 16, 1, 'Lanes of one hash; more than one halves the throughput of a busy machine.'),
  IDENTITY_HASH_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 256,
    default: availableParallelism(),
    defaultText: 'the number of cores',
    description: 'Hashes at once.',
  }),
  IDENTITY_HASH_QUEUE: Whole(1, 10_000, 64, 'Hashes that may wait; beyond it callers get 503 with Retry-After.'),
  IDENTITY_HASH_WAIT_MS: Whole(
    100,
    10_000,
    1500,
    'The longest wait for a hash, by how long hashes took lately; well below the deadline of a request.',
  ),
  IDENTITY_ANSWER_SPAN_MS: Whole(
    1,
    1000,
    250,
    'Registrations and refused sign-ins leave after this many milliseconds; well above what the work takes. ' +
      'Where it takes longer, twice or four times as many until it has not for a minute.',
  ),
  IDENTITY_VERIFICATION_TTL_SECONDS: Whole(60, 604_800, 86_400, 'Life of the link in a verification mail.'),
  IDENTITY_REGISTRATION_TTL_SECONDS: Whole(
    3600,
    31_536_000,
    604_800,
    'Life of a registration nobody completes; at least that of the link in its mail.',
  ),
  IDENTITY_RESEND_COOLDOWN_SECONDS: Whole(0, 3600, 60, 'Between two verification mails to one address.'),
  IDENTITY_RESET_TTL_SECONDS: Whole(60, 86_400, 1800, 'Life of the link in a mail that sets a new password.'),
  IDENTITY_ADDRESS_UNDO_SECONDS: Whole(
    3600,
    2_592_000,
    604_800,
    'How long the old address can take a change of address back.',
  ),
  IDENTITY_EMAIL_CODES: emailCodes,
  IDENTITY_EMAIL_CODE_TTL_SECONDS: Whole(60, 3600, 600, 'Life of such a code.'),
  IDENTITY_DELETION_GRACE_SECONDS: Whole(
    3600,
    7_776_000,
    1_209_600,
    'How long a person who wants to be erased can change their mind.',
  ),
  IDENTITY_CHALLENGE_TTL_SECONDS: Whole(60, 86_400, 3600, 'Life of a sign-in that waits for a step.'),
  IDENTITY_THROTTLE_LIMIT: Whole(
    1,
    1000,
    10,
    'Wrong passwords one network may present for one account before even the right one is refused; halves with time.',
  ),
  IDENTITY_THROTTLE_ACCOUNT_LIMIT: Whole(
    1,
    10_000,
    30,
    'Wrong passwords for one account from everywhere before each network has one try; at three times this only ' +
      'known devices get in.',
  ),
  IDENTITY_THROTTLE_SOURCE_LIMIT: Whole(
    1,
    100_000,
    100,
    'Wrong passwords one network may present over all accounts; known devices are not affected.',
  ),
  IDENTITY_THROTTLE_DEVICE_LIMIT: Whole(1, 1000, 10, 'Wrong passwords a known device may present for its account.'),
  IDENTITY_DEVICE_TTL_DAYS: Whole(1, 3650, 180, 'Days that a device is known after a sign-in.'),
  IDENTITY_REMEMBERED_DEVICE_DAYS: Whole(
    0,
    365,
    30,
    'Days that a device may be spared the second factor when its person says so; 0: never. ' +
      'An organization that requires a second factor asks for it all the same.',
  ),
  IDENTITY_THROTTLE_HALF_LIFE_SECONDS: Whole(
    1,
    86_400,
    900,
    'Time after which half of the counted failures are forgotten.',
  ),
  IDENTITY_FACTOR_LIMIT: Whole(
    1,
    100,
    10,
    'Wrong codes one network or known device may present for one account after the right password; at three times ' +
      'this from everywhere only known devices have a try. A right password forgives none.',
  ),
  IDENTITY_RECENT_SIGN_IN_SECONDS: Whole(
    60,
    86_400,
    900,
    'Age of a sign-in up to which a person may change factors, password and address; older ones are asked to step up.',
  ),
  IDENTITY_TOTP_ISSUER: Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: '^[^:]+$',
    default: 'Gatehouse',
    description: 'What authenticator apps and passkey dialogs show as the name of this platform.',
  }),
  IDENTITY_PASSKEY_RP_ID: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9.-]+$',
      maxLength: 253,
      description:
        'The domain that passkeys are bound to (WebAuthn RP ID); the host of GATEHOUSE_ISSUER unless given. ' +
        'Changing it makes every passkey worthless.',
    }),
  ),
  IDENTITY_PASSKEY_ORIGINS: Type.Optional(
    Type.String({
      pattern: '^https?://[^,/\\s]+(\\s*,\\s*https?://[^,/\\s]+)*$',
      maxLength: 2000,
      description:
        'Origins of the pages that may use passkeys, comma separated, all within that domain; the origin of ' +
        'GATEHOUSE_ISSUER unless given.',
    }),
  ),
  BOOTSTRAP_ADMIN_EMAIL: Type.Optional(
    Type.String({
      pattern: '^[^@\\s]+@[^@\\s]+$',
      maxLength: 254,
      description: 'Address of the first platform administrator, made once.',
    }),
  ),
  BOOTSTRAP_ADMIN_PASSWORD: Type.Optional(
    Secret({
      maxLength: 1024,
      description: 'Password of the first platform administrator; at least 15 characters, not guessable.',
    }),
  ),
})
export type Config = Static<typeof config>
