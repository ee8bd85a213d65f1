/** What the asker of an explanation could change about the question, by the rules of the writes that would do it. */
import type { Suggestion, SuggestOptions } from '@gatehouse/policy/explain/suggest'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { withAttribute, withRole, type ChangeRights, type Changing } from '../../domain/changed-question.ts'
import { questionOf } from '../../domain/decision.ts'
import { missingToGive, missingToTake } from '../../domain/delegable.ts'
import { permissions } from '../../domain/platform.ts'
import { delegableOfCaller } from '../../access/delegable-of.ts'
import { decideForCaller, type DecidingDeps } from '../../access/decide-for-caller.ts'

/** Roles that are told at most: whether one may be given is read from all policies. */
const mostRoles = 50

export type PossibleChanges = {
  readonly options: Required<Pick<SuggestOptions, 'withRole' | 'withAttribute'>>
  /** Leaves out the roles that the asker may not give or take. */
  readonly permitted: (suggestions: readonly Suggestion[]) => Suggestion[]
}

/** @throws AppError `not_current`, `revision_unavailable` */
export async function possibleChanges(
  deps: DecidingDeps,
  caller: OrgCaller,
  asked: Omit<Changing, 'may'>,
): Promise<PossibleChanges> {
  const changing = { ...asked, may: await changeRightsOf(deps, caller) }
  const { model } = asked.subject
  const rules = { roles: model.roles, policies: model.source.policies }
  const around = { model: rules, catalog: model.catalog }
  const delegable = await delegableOfCaller(deps, caller, model)
  const mayGive = (role: string): boolean =>
    missingToGive(delegable, around, { keys: [role], untilMs: Infinity }).length === 0
  const mayTake = (role: string): boolean => missingToTake(delegable, around, [role]).length === 0
  return {
    options: {
      withRole: (role, on) => withRole(changing, role, on),
      withAttribute: (ref, value) => withAttribute(changing, ref, value),
    },
    permitted: (suggestions) => {
      const roles = suggestions.filter((suggestion) => 'role' in suggestion).slice(0, mostRoles)
      const told = new Set(roles.filter(({ kind, role }) => (kind === 'role_added' ? mayGive(role) : mayTake(role))))
      return suggestions.filter((suggestion) => !('role' in suggestion) || told.has(suggestion))
    },
  }
}

async function changeRightsOf(deps: DecidingDeps, caller: OrgCaller): Promise<ChangeRights> {
  const { assignRoles, updateMembers, writeEntities, writeAttributes } = permissions
  const decided = await decideForCaller(
    deps,
    caller,
    [assignRoles, updateMembers, writeEntities, writeAttributes].map((permission) =>
      questionOf(permission, caller.orgId),
    ),
  )
  const [mayAssign, mayUpdate, mayStore, mayWrite] = decided.map(({ allowed }) => allowed)
  return {
    assignRoles: mayAssign === true,
    updateMembers: mayUpdate === true,
    writeEntities: mayStore === true,
    writeAttributes: mayWrite === true,
  }
}
