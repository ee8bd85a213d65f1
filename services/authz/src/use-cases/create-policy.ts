/** Saves a policy: parsed, checked against the catalog, in force with the commit. An allow hands on rights, so its maker holds them. */
import type { Policy, PolicySource } from '@gatehouse/contracts/http/authz/policies'
import { actorOf, type OrgCaller } from '@gatehouse/service-kit/http/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { mayGrant } from '../domain/holdings.ts'
import { permissions } from '../domain/platform.ts'
import { checkPolicyDefinition } from '../domain/policy-definition.ts'
import { insertPolicy } from '../store/policies.ts'
import { announcePolicyCreated } from './announce.ts'
import { requirePermission } from './check-permissions.ts'
import { openModel } from './open-model.ts'
import { done, notHeld, valueOf, type Outcome } from './refusal.ts'
import { policyView } from './views.ts'

/** @throws AppError `forbidden`, `invalid_policy`, `conflict` */
export async function createPolicy(deps: Deps, caller: OrgCaller, input: PolicySource): Promise<Policy> {
  await requirePermission(deps, caller, permissions.writePolicies)
  const { orgId } = caller
  const outcome = await deps.spine.write({ orgId }, (tx) => create(tx, { deps, caller, input }), { announce: 'await' })
  deps.knowledge.dropModel(orgId)
  return valueOf(outcome)
}

async function create(tx: Tx, { deps, caller, input }: { deps: Deps; caller: OrgCaller; input: PolicySource }): Promise<Outcome<Policy>> {
  const { orgId } = caller
  const { catalog, roles, holdings } = await openModel(tx, { caller, nowMs: deps.clock.now().getTime() })
  const checked = checkPolicyDefinition(input, { catalog, roles: new Set(roles.keys()) })
  if (!checked.ok) return { kind: 'invalid_policy', errors: checked.errors }
  const missing = input.effect === 'deny' ? [] : input.actions.map((action) => `${input.resource_type}:${action}`).filter((permission) => !mayGrant(holdings, { permission, catalog }))
  if (missing.length > 0) return notHeld(missing)
  const row = await insertPolicy(tx, {
    id: newId('pol'),
    version: 1,
    orgId,
    application: null,
    key: input.key,
    effect: input.effect,
    resourceType: input.resource_type,
    actions: input.actions,
    roles: input.roles ?? null,
    whenSource: input.when ?? null,
    condition: checked.condition ?? null,
  })
  if (!row) return { kind: 'taken' }
  await announcePolicyCreated(tx, { row, orgId, actor: actorOf(caller) })
  return done(policyView(row))
}
