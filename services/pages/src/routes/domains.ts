/** Domains of an organization: claimed, proven by a record in DNS, given up, and who may join by one. */
import {
  AddDomain,
  ListDomains,
  RemoveDomain,
  UpdateDomain,
  VerifyDomain,
} from '@gatehouse/contracts/http/orgs/domains'
import { DomainsPage } from '@gatehouse/contracts/http/pages'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { again, done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { managedBy, type Managed } from '../use-cases/managed-organization.ts'
import { domainsPage } from '../views/domains.tsx'
import { fieldsOf } from './form-fields.ts'
import { pageQueryOf } from './page-query.ts'

export function domainRoutes(page: BindPage, deps: Deps): void {
  page(DomainsPage, { get: (visit) => show(deps, visit), post: (visit) => change(deps, visit) })
}

async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const query = pageQueryOf(visit)
  const { data, page } = await deps.orgs.call(ListDomains, { params: { org }, query, user, timeoutMs: 4000 })
  return domainsPage({ visit, deps }, { domains: data, cursor: page.next_cursor })
}

async function change(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const managed = await managedBy(deps, visit)
  const { org, user } = managed
  const action = visit.form.get('action')
  if (action === 'add') return add(deps, visit, managed)
  const call = { ...spokenFor(visit), params: { org, domain: visit.form.get('domain') ?? 'none' }, user }
  const to = along(DomainsPage.path, { organization: org })
  switch (action) {
    case 'verify': {
      const { status } = await deps.orgs.call(VerifyDomain, call)
      return done(to, status === 'verified' ? 'doneDomainProven' : 'doneDomainLooked')
    }
    case 'remove':
      await deps.orgs.call(RemoveDomain, call)
      return done(to, 'doneRemoved')
    default: {
      const capture = action === 'join' ? 'offer' : 'off'
      await deps.orgs.call(UpdateDomain, { ...call, body: { capture } })
      return done(to, 'doneSaved')
    }
  }
}

async function add({ orgs }: Deps, visit: Visit, { org, user }: Managed): Promise<RedirectAnswer> {
  const fields = fieldsOf(visit, 'name')
  if (!fields.ok) return fields.answer
  const name = fields.values.name.trim()
  try {
    await orgs.call(AddDomain, { ...spokenFor(visit), params: { org }, body: { name }, user })
  } catch (err) {
    if (!isAppError(err, 'conflict')) throw err
    return again(visit, { name: 'domainTaken' }, { name })
  }
  return done(along(DomainsPage.path, { organization: org }), 'doneDomainAdded')
}
