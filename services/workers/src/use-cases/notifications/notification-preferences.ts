/**
 * Which notifications a person wants, and by which channel. What is about the security of their account is always
 * shown.
 */
import type { NotificationPreferences, PreferenceChange } from '@gatehouse/contracts/http/workers/notifications'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { allKinds, isRequired } from '../../notices/titles.ts'
import { findPreferences, keepPreference, type Preference } from '../../store/notifications.ts'

export const getPreferences = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: UserCaller,
): Promise<NotificationPreferences> => onWire(await readInScope(db, { userId }, (tx) => findPreferences(tx, userId)))

/** All of the changes or none. @throws AppError `validation_failed` when what is required is turned off */
export async function updatePreferences(
  { db }: Pick<Deps, 'db'>,
  { userId }: UserCaller,
  changes: readonly PreferenceChange[],
): Promise<NotificationPreferences> {
  const errors = changes.flatMap(({ kind, in_app: inApp }, at) =>
    inApp === false && isRequired(kind)
      ? [{ path: `/kinds/${at}/in_app`, message: 'is about the security of the account and cannot be turned off' }]
      : [],
  )
  if (errors.length > 0) throw problem('validation_failed', { errors })
  // In one order, so that two requests at once wait for each other and never in a circle.
  const inOrder = [...changes].sort((a, b) => a.kind.localeCompare(b.kind, 'en'))
  return inScope(db, { userId }, async (tx) => {
    for (const { kind, in_app: inApp, digest } of inOrder) await keepPreference(tx, { userId, kind, inApp, digest })
    return onWire(await findPreferences(tx, userId))
  })
}

function onWire(said: readonly Preference[]): NotificationPreferences {
  const byKind = new Map(said.map((one) => [one.kind, one]))
  return {
    kinds: allKinds.map((kind) => {
      const { inApp = true, digest = false } = byKind.get(kind) ?? {}
      return { kind, in_app: isRequired(kind) || inApp, digest, required: isRequired(kind) }
    }),
  }
}
