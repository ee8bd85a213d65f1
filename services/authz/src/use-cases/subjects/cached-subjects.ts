/**
 * The subjects of a request from memory alone: what `subjectsFor` finds, for requests that need no waiting. Whatever is not in memory, not current
 * or less recent than the token is thrown, and then it is looked for the regular path.
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
  ineligible,
  type Asked,
  type Ineligible,
  type Subject,
} from '../../domain/subject.ts'
import { notPermitted, selfOf } from './subject-access.ts'
import { requireAccountKnowable, requireUnparked } from '../decisions/freshness.ts'
import { accountOf, askedBy, memberOf, questionOf, type DecidingDeps } from '../decisions/decide-for-caller.ts'
import { cachedOrganizationContext } from './organization-context.ts'
import { askedByApplication } from './subject-lookup.ts'

type Asker<C extends OrgCaller = OrgCaller> = { readonly caller: C; readonly clientAddress: string | undefined }
type Named = Pick<Entity, 'type' | 'id'>

/** @throws (from what it returns) notInMemory, AppError `not_current` */
export function cachedSubjects(deps: DecidingDeps, asker: Asker): (named: Named) => Subject | Ineligible {
  const { caller } = asker
  const self = selfOf(caller)
  const found = new Map<string, Subject | Ineligible>()
  let asking: Subject | Ineligible | undefined
  let mayNameOthers: boolean | undefined
  const cachedCaller = (): Subject | Ineligible =>
    (asking ??= isPerson(asker) ? cachedMember(deps, asker) : cachedAccount(deps, asker as Asker<ServiceAccountCaller>))
  const find = (named: Named): Subject | Ineligible => {
    if (caller.kind === 'user') return notPermitted
    mayNameOthers ??= answer(cachedCaller(), questionOf(permissions.evaluateOthers, caller.orgId)).allowed
    return mayNameOthers ? cachedNamed(deps, caller.orgId, named) : notPermitted
  }
  return (named) => {
    if (named.id === self.id && named.type === self.type) return cachedCaller()
    const key = `${named.type} ${named.id}`
    const subject = found.get(key) ?? find(named)
    found.set(key, subject)
    return subject
  }
}

/** What the directory says of a resource. @throws notInMemory */
export const cachedStoredAttributes = (
  { factCache }: DecidingDeps,
  subject: Subject | Ineligible,
  o: { orgId: string; resource: Named },
): Properties | undefined =>
  isSubject(subject) && subject.model.catalog.types.get(o.resource.type)?.isStored === true
    ? factCache.known.entity({ orgId: o.orgId, ...o.resource })?.attributes
    : undefined

const isPerson = (asker: Asker): asker is Asker<MemberCaller> => asker.caller.kind === 'user'

function cachedMember(deps: DecidingDeps, { caller, clientAddress }: Asker<MemberCaller>): Subject | Ineligible {
  const { known } = deps.factCache
  requireUnparked(deps.following, caller)
  const user = known.user(caller.userId)
  return cachedAsker(deps, { caller, clientAddress, user }, (asked) => {
    const principalFacts = { user, organization: known.organization(caller.orgId), member: known.member(caller) }
    if (!isAsRecentAs(principalFacts, caller.claims)) throw notInMemory
    return memberOf(cachedOrganizationContext(known, caller), principalFacts, {
      orgId: caller.orgId,
      userId: caller.userId,
      asked,
    })
  })
}

function cachedAccount(
  deps: DecidingDeps,
  { caller, clientAddress }: Asker<ServiceAccountCaller>,
): Subject | Ineligible {
  const { known } = deps.factCache
  const { orgId, serviceAccountId, scope, claims } = caller
  requireAccountKnowable(deps.following, caller)
  return cachedAsker(deps, { caller, clientAddress, user: undefined }, (asked) => {
    const principalFacts = { account: known.serviceAccount(caller), organization: known.organization(orgId) }
    if (!isAsRecentAs({ user: principalFacts.account, organization: principalFacts.organization }, claims))
      throw notInMemory
    return accountOf(cachedOrganizationContext(known, { orgId }), principalFacts, {
      orgId,
      serviceAccountId,
      scope,
      asked,
    })
  })
}

/** Whoever asked before is put together again only after something about them has changed, or a role of theirs has ended. */
function cachedAsker(
  deps: DecidingDeps,
  { caller, clientAddress, user }: Asker & { readonly user: UserFacts | undefined },
  find: (asked: Asked) => Subject | Ineligible,
): Subject | Ineligible {
  const asked = askedBy(deps, caller, { at: undefined, clientAddress })
  const askers = deps.factCache.known.askers(caller.orgId)
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
function cachedNamed(deps: DecidingDeps, orgId: string, { type, id }: Named): Subject | Ineligible {
  const {
    following,
    factCache: { known },
  } = deps
  const organization = known.organization(orgId)
  const asked = askedByApplication(deps, undefined)
  if (type === 'user' && isTypeId('user', id)) {
    const principalFacts = { user: known.user(id), organization, member: known.member({ orgId, userId: id }) }
    if (principalFacts.user === undefined || principalFacts.member?.status !== 'active') throw notInMemory
    requireUnparked(following, { orgId, userId: id, membershipId: principalFacts.member.id })
    return memberOf(cachedOrganizationContext(known, { orgId, userId: id }), principalFacts, {
      orgId,
      userId: id,
      asked,
    })
  }
  if (type === 'service_account' && isTypeId('svc', id)) {
    requireAccountKnowable(following, { orgId, serviceAccountId: id })
    const account = known.serviceAccount({ orgId, serviceAccountId: id })
    if (account === undefined) throw notInMemory
    return accountOf(
      cachedOrganizationContext(known, { orgId }),
      { account, organization },
      { orgId, serviceAccountId: id, asked },
    )
  }
  const entity = known.entity({ orgId, type, id })
  if (entity === undefined) throw notInMemory
  return organization?.status === 'active'
    ? entitySubject(cachedOrganizationContext(known, { orgId }), { orgId, entity, ...asked })
    : ineligible('organization_suspended')
}
