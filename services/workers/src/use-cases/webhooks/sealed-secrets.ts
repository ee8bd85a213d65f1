/**
 * Secrets of endpoints, as what a new key-encryption key has to seal anew: the present ones, and those before the last
 * rotation.
 */
import type { SealedKind } from '@gatehouse/service-kit/secrets/reseal'
import type { Deps } from '../../deps.ts'
import { listSecretsSealedOtherwise, replaceSealedSecret, type SecretColumn } from '../../store/webhook-secrets.ts'
import { secretPurpose } from './secret-purpose.ts'

export const sealedSecrets = (
  { system, webhooks }: Pick<Deps, 'system'> & { webhooks: Pick<Deps['webhooks'], 'envelope'> },
  column: SecretColumn,
): SealedKind => ({
  envelope: webhooks.envelope,
  list: (page) => listSecretsSealedOtherwise(system, column, page),
  purposeOf: secretPurpose,
  replace: (row, to) => replaceSealedSecret(system, column, row, to),
})
