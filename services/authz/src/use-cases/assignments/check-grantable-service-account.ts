/**
 * Whether somebody may hand out a key of a service account: the key hands on what the account holds, up to the key's
 * scope and until its end.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { isOrgCaller, type ServiceCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { missingToMakeKey } from '../../domain/delegable.ts'
import { requireAccountKnowable } from '../../facts/freshness.ts'
import { accountKeys, delegableOfCaller } from '../../access/delegable-of.ts'

type CheckDeps = Pick<Deps, 'factCache' | 'following' | 'clock'>
type Input = {
  service_account_id: string
  permissions?: readonly string[] | undefined
  expires_at?: string | undefined
}

/**
 * Everything the account holds counts, for whichever resource. @throws AppError `unauthenticated`, `not_current`,
 * `revision_unavailable`
 */
export async function checkGrantableServiceAccount(
  deps: CheckDeps,
  { user: caller }: ServiceCaller,
  input: Input,
): Promise<{ missing: string[] }> {
  if (caller === undefined || !isOrgCaller(caller))
    throw problem('unauthenticated', { internal: 'no access token of an organization travelled along' })
  const who = { orgId: caller.orgId, serviceAccountId: input.service_account_id }
  const model = await deps.factCache.model(caller.orgId)
  const delegable = await delegableOfCaller(deps, caller, model)
  requireAccountKnowable(deps.following, who)
  // One we have not heard of yet holds no role: roles are given here, and only to accounts that are known.
  const roles = (await deps.factCache.serviceAccount(who))?.roles ?? []
  const missing = missingToMakeKey(
    delegable,
    { model: { roles: model.roles, policies: model.source.policies }, catalog: model.catalog },
    {
      held: accountKeys(model, roles),
      scope: input.permissions && new Set(input.permissions),
      untilMs: input.expires_at === undefined ? Infinity : Date.parse(input.expires_at),
      isOwn: caller.kind === 'service_account' && caller.serviceAccountId === who.serviceAccountId,
    },
  )
  return { missing }
}
