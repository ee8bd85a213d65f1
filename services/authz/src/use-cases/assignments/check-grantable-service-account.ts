/** Whether somebody may hand out a key of a service account: the key hands on what the account holds, up to the key's scope. */
import { permissionsOf } from '@gatehouse/policy/compile/roles'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { isOrgCaller, type OrgCaller, type ServiceCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { overlapOf } from '../../domain/scope.ts'
import { heldKeysOf } from '../../domain/subject.ts'
import { findAccountObstacle, findObstacle, rolesHeldAt } from '../../domain/facts.ts'
import { delegableOf, mayDelegate, type Delegable } from '../../domain/delegable.ts'
import { roleKeysOf, type PolicyModel } from '../../domain/policy-model.ts'
import { requireAccountKnowable } from '../decisions/freshness.ts'
import { accountPartiesOf, partiesOf } from '../subjects/principal-facts.ts'

type CheckDeps = Pick<Deps, 'factCache' | 'following' | 'clock'>
type Input = { service_account_id: string; permissions?: readonly string[] | undefined }

/** Everything the account holds counts, for whichever resource and until whenever. @throws AppError `unauthenticated`, `not_current`, `revision_unavailable` */
export async function checkGrantableServiceAccount(
  deps: CheckDeps,
  { user: asker }: ServiceCaller,
  input: Input,
): Promise<{ missing: string[] }> {
  if (asker === undefined || !isOrgCaller(asker))
    throw problem('unauthenticated', { internal: 'no access token of an organization travelled along' })
  const who = { orgId: asker.orgId, serviceAccountId: input.service_account_id }
  const model = await deps.factCache.model(asker.orgId)
  const delegable = await holdingsOfCaller(deps, asker, model)
  requireAccountKnowable(deps.following, who)
  // One we have not heard of yet holds no role: roles are given here, and only to accounts that are known.
  const roles = (await deps.factCache.serviceAccount(who))?.roles ?? []
  const held = new Set(
    roleKeysOf(
      model,
      roles.map(({ roleId }) => roleId),
    ).flatMap((key) => [...permissionsOf(model.roles, key)]),
  )
  const handedOn =
    input.permissions === undefined ? [...held] : overlapOf(held, new Set(input.permissions), model.catalog)
  return {
    missing: handedOn.filter((permission) => !mayDelegate(delegable, { permission, catalog: model.catalog })).sort(),
  }
}

async function holdingsOfCaller(deps: CheckDeps, caller: OrgCaller, model: PolicyModel): Promise<Delegable> {
  const nowMs = deps.clock.now().getTime()
  if (caller.kind === 'service_account') {
    const principalFacts = await accountPartiesOf(deps, caller)
    const held =
      findAccountObstacle(principalFacts) === undefined ? rolesHeldAt(principalFacts.account?.roles ?? [], nowMs) : []
    return delegableOf(model.roles, roleKeysOf(model, held), caller.scope)
  }
  const principalFacts = await partiesOf(deps, caller)
  const { member } = principalFacts
  return delegableOf(
    model.roles,
    member === undefined || findObstacle(principalFacts) !== undefined ? [] : heldKeysOf(model, { member, nowMs }),
  )
}
