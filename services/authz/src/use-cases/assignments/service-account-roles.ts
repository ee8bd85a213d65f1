/** Which roles a service account holds, read and replaced. Replacing is decided under the lock of the account's set; nobody gives or takes what they do not hold. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { rolesHeldAt, type ServiceAccountFacts } from '../../domain/facts.ts'
import { undelegableOf } from '../../domain/delegable.ts'
import { isAssignable, permissions } from '../../domain/platform.ts'
import { roleKeysOf } from '../../domain/policy-model.ts'
import {
  endServiceAccountRoles,
  insertServiceAccountRoles,
  listServiceAccountRoles,
  lockServiceAccountRoles,
} from '../../store/service-account-roles.ts'
import { announceServiceAccountRoles } from '../announce/assignment.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { requireAccountKnowable } from '../decisions/freshness.ts'
import { openModel, type OpenModel } from '../open-model.ts'
import { done, notDelegable, valueOf, type Outcome } from '../refusal.ts'

export type ServiceAccountRoles = { service_account: { id: string }; roles: string[] }

/** An account may see its own. @throws AppError `forbidden`, `not_found`, `not_current` */
export async function getServiceAccountRoles(deps: Deps, caller: OrgCaller, id: string): Promise<ServiceAccountRoles> {
  if (caller.kind !== 'service_account' || id !== caller.serviceAccountId)
    await requirePermission(deps, caller, permissions.readRoles)
  const account = await getAccount(deps, { orgId: caller.orgId, serviceAccountId: id })
  const model = await deps.factCache.model(caller.orgId)
  return {
    service_account: { id },
    roles: roleKeysOf(model, rolesHeldAt(account.roles, deps.clock.now().getTime())).sort(),
  }
}

/** @throws AppError `forbidden`, `not_found`, `validation_failed`, `not_current` */
export async function setServiceAccountRoles(
  deps: Deps,
  caller: OrgCaller,
  input: { id: string; roles: readonly string[] },
): Promise<ServiceAccountRoles> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const who = { orgId: caller.orgId, serviceAccountId: input.id }
  await getAccount(deps, who)
  const outcome = await deps.spine.write({ orgId: caller.orgId }, (tx) => replace(tx, { deps, caller, input }), {
    announce: 'await',
  })
  deps.factCache.dropServiceAccount(who)
  return { service_account: { id: input.id }, roles: valueOf(outcome) }
}

/** It may have been made a moment ago: tokens is asked once before the answer is no. */
async function getAccount(
  deps: Pick<Deps, 'factCache' | 'following'>,
  who: { orgId: string; serviceAccountId: string },
): Promise<ServiceAccountFacts> {
  requireAccountKnowable(deps.following, who)
  let account = await deps.factCache.serviceAccount(who)
  if (account === undefined) {
    await deps.following.tokens.pollNow()
    account = await deps.factCache.serviceAccount(who)
  }
  if (account === undefined || account.status === 'deleted') throw problem('not_found')
  return account
}

type Replacing = { deps: Deps; caller: OrgCaller; input: { id: string; roles: readonly string[] } }

async function replace(tx: Tx, { deps, caller, input }: Replacing): Promise<Outcome<string[]>> {
  const { orgId } = caller
  const serviceAccountId = input.id
  const nowMs = deps.clock.now().getTime()
  const model = await openModel(tx, { caller, nowMs })
  const unknown = input.roles.flatMap((key, index) =>
    model.roles.has(key) && isAssignable(key)
      ? []
      : [{ path: `/roles/${index}`, message: `${key} is not a role that can be given here` }],
  )
  if (unknown.length > 0) return { kind: 'invalid', errors: unknown }
  const { version } = await lockServiceAccountRoles(tx, { serviceAccountId, orgId })
  const held = (await listServiceAccountRoles(tx, serviceAccountId)).filter(({ resource }) => resource === undefined)
  const before = keysOf(model, rolesHeldAt(held, nowMs))
  const after = [...new Set(input.roles)].sort()
  const given = after.filter((key) => !before.includes(key))
  const taken = before.filter((key) => !after.includes(key))
  const missing = undelegableOf(model.delegable, {
    roles: model.roles,
    keys: [...given, ...taken],
    catalog: model.catalog,
  })
  if (missing.length > 0) return notDelegable(missing)
  if (given.length + taken.length === 0) return done(after)
  // Also ends what has expired: an expired row would keep its role from being given anew.
  const kept = new Set(rolesHeldAt(held, nowMs).filter((id) => after.includes(model.rolesById.get(id)?.key ?? '')))
  await endServiceAccountRoles(tx, {
    serviceAccountId,
    roleIds: held.map(({ roleId }) => roleId).filter((id) => !kept.has(id)),
  })
  const roleIds = given.flatMap((key) => model.roles.get(key)?.id ?? [])
  await insertServiceAccountRoles(tx, { serviceAccountId, orgId, roleIds, givenBy: actorOf(caller) })
  await announceServiceAccountRoles(tx, { serviceAccountId, orgId, version, before, after, actor: actorOf(caller) })
  return done(after)
}

/** Keys held now; an assignment of a role that is gone gives none. */
const keysOf = (model: OpenModel, roleIds: readonly string[]): string[] =>
  roleIds.flatMap((id) => model.rolesById.get(id)?.key ?? []).sort()
