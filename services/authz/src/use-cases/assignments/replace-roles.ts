/**
 * Replaces the roles a principal holds for every resource by others. Decided under the lock of the model and of the
 * principal's set: what is compared is what is replaced. Nobody gives or takes what they do not hold.
 */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { rolesHeldAt, type HeldRole } from '../../domain/facts.ts'
import { isAssignable } from '../../domain/platform.ts'
import type { OpenModel } from '../../model/open-model.ts'
import { done, type Outcome } from '../../model/refusal.ts'
import { refuseToGive, refuseToTake } from '../../model/change-grants.ts'

/** The set of roles of a member, or of a service account. */
export type RoleSet = {
  /** Locks the set and gives it its next version; undefined when there is no such principal. */
  lock(tx: Tx): Promise<{ version: number } | undefined>
  /** What is held for every resource, expired or not. */
  list(tx: Tx): Promise<readonly HeldRole[]>
  end(tx: Tx, roleIds: readonly string[]): Promise<void>
  insert(tx: Tx, roleIds: readonly string[]): Promise<void>
  announce(tx: Tx, o: { version: number; before: string[]; after: string[] }): Promise<void>
}

export async function replaceRoles(
  tx: Tx,
  o: { model: OpenModel; set: RoleSet; roles: readonly string[]; nowMs: number },
): Promise<Outcome<string[]>> {
  const { model, set, roles, nowMs } = o
  const unknown = roles.flatMap((key, index) =>
    model.roles.has(key) && isAssignable(key)
      ? []
      : [{ path: `/roles/${index}`, message: `${key} is not a role that can be given here` }],
  )
  if (unknown.length > 0) return { kind: 'invalid', errors: unknown }
  const locked = await set.lock(tx)
  if (!locked) return { kind: 'not_found' }
  const held = await set.list(tx)
  const before = rolesHeldAt(held, nowMs).flatMap((id) => model.rolesById.get(id)?.key ?? [])
  const after = [...new Set(roles)].sort()
  const given = after.filter((key) => !before.includes(key))
  const taken = before.filter((key) => !after.includes(key))
  if (given.length + taken.length === 0) return done(after)
  const idsOf = (keys: readonly string[]): string[] => keys.flatMap((key) => model.roles.get(key)?.id ?? [])
  const refusal =
    refuseToGive(
      model,
      idsOf(given).map((roleId) => ({ roleId })),
    ) ?? refuseToTake(model, idsOf(taken))
  if (refusal) return refusal
  // What has expired ends too: an expired row would keep its role from being given anew.
  const kept = new Set(idsOf(before.filter((key) => after.includes(key))))
  await set.end(
    tx,
    held.map(({ roleId }) => roleId).filter((id) => !kept.has(id)),
  )
  await set.insert(tx, idsOf(given))
  await set.announce(tx, { version: locked.version, before: before.sort(), after })
  return done(after)
}
