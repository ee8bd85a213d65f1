/** Saves a policy: parsed, checked against the catalog and its own tests, in force with the commit. */
import type { Policy, PolicySource } from '@gatehouse/contracts/http/authz/policies'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { insertPolicy } from '../../store/policies.ts'
import { announcePolicyCreated } from '../../announce/policy.ts'
import { contentInForce, savePolicy } from './change-policies.ts'
import { done } from '../../model/refusal.ts'
import { policyView } from '../../views/policy.ts'

/** @throws AppError `forbidden`, `invalid_policy`, `conflict` */
export const createPolicy = (deps: Deps, caller: OrgCaller, input: PolicySource): Promise<Policy> =>
  savePolicy(deps, caller, async (tx, model) => {
    const { orgId } = caller
    const content = await contentInForce(model, { source: input, orgId })
    if (content.kind !== 'done') return content
    const row = await insertPolicy(tx, {
      id: newId('pol'),
      version: 1,
      orgId,
      application: null,
      key: input.key,
      ...content.value,
    })
    if (!row) return { kind: 'taken' }
    await announcePolicyCreated(tx, { row, orgId, actor: actorOf(caller) })
    // Advice about it comes after the commit and is not kept.
    keepAnswer(policyView(row))
    return done(row)
  })
