/** Secrets of authenticator apps, as what a new key-encryption key has to seal anew. */
import type { SealedKind } from '@gatehouse/service-kit/secrets/reseal'
import { purposeOf } from '../../factors/totp-codes.ts'
import type { Deps } from '../../deps.ts'
import { listTotpSealedOtherwise, replaceSealedTotp } from '../../store/factors.ts'

export const sealedTotp = ({ system, envelope }: Pick<Deps, 'system' | 'envelope'>): SealedKind => ({
  envelope,
  list: (page) => listTotpSealedOtherwise(system, page),
  purposeOf,
  replace: (row, to) => replaceSealedTotp(system, row, to),
})
