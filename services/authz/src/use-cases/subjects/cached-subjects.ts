/**
 * The subjects of a request from memory alone: what `subjectsFor` finds, for requests that need no waiting. Whatever is not in memory, not current
 * or less recent than the token is thrown, and then it is looked for the whole way.
 */
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { MemberCaller, OrgCaller, ServiceAccountCaller } from '@gatehouse/access/callers/caller'
import type { Properties } from '../../domain/attributes.ts'
import type { Entity } from '../../domain/authzen-request.ts'
import { answer } from '../../domain/decision.ts'
import { notInMemory } from '../../facts/dropping-cache.ts'
import { isAsRecentAs, type UserFacts } from '../../domain/facts.ts'
import { permissions } from '../../domain/platform.ts'
import {
  askedAgain,
  entitySubject,
  holdsSameAt,
  isSubject,
  obstructed,
  type Asked,
  type Obstructed,
  type Subject,
} from '../../domain/subject.ts'
import { notPermitted, selfOf } from './subject-access.ts'
import { requireAccountKnowable, requireUnparked } from '../decisions/freshness.ts'
import { accountOf, askedBy, memberOf, questionOf, type DecidingDeps } from '../decisions/decide-for-caller.ts'
import { groundAtHand } from './organization-context.ts'
import { askedByApplication } from './subject-lookup.ts'

type Asker<C extends OrgCaller = OrgCaller> = { readonly caller: C; readonly clientAddress: string | undefined }
type Named = Pick<Entity, 'type' | 'id'>

/** @throws (from what it returns) notInMemory, AppError `not_current` */
export function subjectsAtHand(deps: DecidingDeps, asker: Asker): (named: Named) => Subject | Obstructed {
  const { caller } = asker
  const self = selfOf(caller)
  const found = new Map<string, Subject | Obstructed>()
  let asking: Subject | Obstructed | undefined
  let mayNameOthers: boolean | undefined
  const callerAtHand = (): Subject | Obstructed =>
    (asking ??= isPerson(asker) ? memberAtHand(deps, asker) : accountAtHand(deps, asker as Asker<ServiceAccountCaller>))
  const find = (named: Named): Subject | Obstructed => {
    if (caller.kind === 'user') return notPermitted
    mayNameOthers ??= answer(callerAtHand(), questionOf(permissions.evaluateOthers, caller.orgId)).allowed
    return mayNameOthers ? namedAtHand(deps, caller.orgId, named) : notPermitted
  }
  return (named) => {
    if (named.id === self.id && named.type === self.type) return callerAtHand()
    const key = `${named.type} ${named.id}`
    const subject = found.get(key) ?? find(named)
    found.set(key, subject)
    return subject
  }
}

/** What the directory says of a resource. @throws notInMemory */
export const storedAtHand = (
  { knowledge }: DecidingDeps,
  subject: Subject | Obstructed,
  o: { orgId: string; resource: Named },
): Properties | undefined =>
  isSubject(subject) && subject.model.catalog.types.get(o.resource.type)?.isStored === true
    ? knowledge.known.entity({ orgId: o.orgId, ...o.resource })?.attributes
    : undefined

const isPerson = (asker: Asker): asker is Asker<MemberCaller> => asker.caller.kind === 'user'

function memberAtHand(deps: DecidingDeps, { caller, clientAddress }: Asker<MemberCaller>): Subject | Obstructed {
  const { known } = deps.knowledge
  requireUnparked(deps.following, caller)
  const user = known.user(caller.userId)
  return askerAtHand(deps, { caller, clientAddress, user }, (asked) => {
    const parties = { user, organization: known.organization(caller.orgId), member: known.member(caller) }
    if (!isAsRecentAs(parties, caller.claims)) throw notInMemory
    return memberOf(groundAtHand(known, caller), parties, { orgId: caller.orgId, userId: caller.userId, asked })
  })
}

function accountAtHand(
  deps: DecidingDeps,
  { caller, clientAddress }: Asker<ServiceAccountCaller>,
): Subject | Obstructed {
  const { known } = deps.knowledge
  const { orgId, serviceAccountId, ceiling, claims } = caller
  requireAccountKnowable(deps.following, caller)
  return askerAtHand(deps, { caller, clientAddress, user: undefined }, (asked) => {
    const parties = { account: known.serviceAccount(caller), organization: known.organization(orgId) }
    if (!isAsRecentAs({ user: parties.account, organization: parties.organization }, claims)) throw notInMemory
    return accountOf(groundAtHand(known, { orgId }), parties, { orgId, serviceAccountId, ceiling, asked })
  })
}

/** Whoever asked before is put together again only after something about them has changed, or a role of theirs has ended. */
function askerAtHand(
  deps: DecidingDeps,
  { caller, clientAddress, user }: Asker & { readonly user: UserFacts | undefined },
  find: (asked: Asked) => Subject | Obstructed,
): Subject | Obstructed {
  const asked = askedBy(deps, caller, { at: undefined, clientAddress })
  const askers = deps.knowledge.known.askers(caller.orgId)
  const before = askers.get(caller)
  if (before !== undefined && before.user === user) {
    if (!isSubject(before.subject)) return before.subject
    if (holdsSameAt(before.subject, asked.nowMs)) return askedAgain(before.subject, asked)
  }
  const subject = find(asked)
  askers.set(caller, { subject, user })
  return subject
}

/** Somebody nobody here knows may just have joined: for them others are asked, which is not at hand. */
function namedAtHand(deps: DecidingDeps, orgId: string, { type, id }: Named): Subject | Obstructed {
  const {
    following,
    knowledge: { known },
  } = deps
  const organization = known.organization(orgId)
  const asked = askedByApplication(deps, undefined)
  if (type === 'user' && isTypeId('user', id)) {
    const parties = { user: known.user(id), organization, member: known.member({ orgId, userId: id }) }
    if (parties.user === undefined || parties.member?.status !== 'active') throw notInMemory
    requireUnparked(following, { orgId, userId: id, membershipId: parties.member.id })
    return memberOf(groundAtHand(known, { orgId, userId: id }), parties, { orgId, userId: id, asked })
  }
  if (type === 'service_account' && isTypeId('svc', id)) {
    requireAccountKnowable(following, { orgId, serviceAccountId: id })
    const account = known.serviceAccount({ orgId, serviceAccountId: id })
    if (account === undefined) throw notInMemory
    return accountOf(groundAtHand(known, { orgId }), { account, organization }, { orgId, serviceAccountId: id, asked })
  }
  const entity = known.entity({ orgId, type, id })
  if (entity === undefined) throw notInMemory
  return organization?.status === 'active'
    ? entitySubject(groundAtHand(known, { orgId }), { orgId, entity, ...asked })
    : obstructed('organization_suspended')
}
