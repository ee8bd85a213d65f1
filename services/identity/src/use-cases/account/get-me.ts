/** The signed-in person, read under their own row-level scope. */
import type { User } from '@gatehouse/contracts/http/identity/account'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { findProfile } from '../../store/users.ts'

/** @throws AppError `not_found` when the person is gone although their token still lives */
export const getMe = (deps: Pick<Deps, 'db'>, { userId }: Pick<UserCaller, 'userId'>): Promise<User> =>
  readInScope(deps.db, { userId }, (tx) => readMe(tx, userId))

export async function readMe(db: Queryable, userId: string): Promise<User> {
  const profile = await findProfile(db, userId)
  if (profile === undefined) throw problem('not_found')
  const { id, name, address, isEmailVerified, pictureUrl, locale, timeZone, createdAt } = profile
  return {
    id,
    name,
    email: address,
    email_verified: isEmailVerified,
    picture_url: pictureUrl,
    locale,
    time_zone: timeZone,
    created_at: createdAt.toISOString(),
  }
}
