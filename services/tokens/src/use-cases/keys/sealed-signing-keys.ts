/** The private halves of signing keys, as what a new key-encryption key has to seal anew. */
import type { SealedKind } from '@gatehouse/service-kit/secrets/reseal'
import { purposeOf } from '../../crypto/key-ring.ts'
import type { Deps } from '../../deps.ts'
import { listKeysSealedOtherwise, replaceSealedKey } from '../../store/signing-keys.ts'

export const sealedSigningKeys = ({ system, envelope }: Pick<Deps, 'system' | 'envelope'>): SealedKind => ({
  envelope,
  list: (page) => listKeysSealedOtherwise(system, page),
  purposeOf,
  replace: (row, to) => replaceSealedKey(system, row, to),
})
